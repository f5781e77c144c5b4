"""A clerk writes down a petition by word of mouth; the agency that suspended gets it (6(3))."""

from typing import NamedTuple

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit.models import TrailEntry
from counters import staff
from counters.models import Clerk, Counter, Delegation, Matter
from services import decision_slips
from services.petition_models import Petition, Way
from tests import make
from tests.counters import town
from tests.flows.browser import hidden
from tests.flows.provider import City
from tests.web import checking, office
from tests.web import staff as officers
from tests.web.test_petitions import one_database

PAGE = "/counter/petitions"
WORDS = "我還住在臺北市，\n戶籍沒有遷走"
CONFIRMED = {"step": "file", "seen": "yes", "read_back": "yes", "signed": "yes"}


class Houses(NamedTuple):
    """A counter, and the agency that suspended Mei's service."""

    counter: office.Office
    agency: checking.Office
    number: str

    def say(self, **form: str) -> TestResponse:
        page = self.counter.browser.get(PAGE)
        return self.counter.browser.post(
            PAGE, {**hidden(page), "number": self.number, "words": WORDS, **form}
        )

    def petitions(self) -> list[Petition]:
        with self.counter.city.database() as session:
            return list(session.scalars(select(Petition)))


@pytest.fixture
def houses(city: City) -> Houses:
    agency = checking.open_office(city)
    return Houses(office.open_office(city), agency, agency.suspended())


@pytest.mark.clause("6(3)")
@pytest.mark.refusal("appeal.not_read_back", "appeal.not_signed", "case.document_unseen")
def test_nothing_is_taken_in_before_it_was_seen_read_back_and_signed(houses: Houses) -> None:
    record = houses.say()
    lacking = [
        houses.say(**{key: value for key, value in CONFIRMED.items() if key != left_out})
        for left_out in ("seen", "read_back", "signed")
    ]
    before = houses.petitions()

    done = houses.say(**CONFIRMED)

    assert record.status_code == 200
    assert "陳美玉" in record.text
    assert "戶籍沒有遷走" in record.text
    assert [each.status_code for each in lacking] == [422, 422, 422]
    assert before == []
    (made,) = houses.petitions()
    assert (made.way, made.counter_id) == (Way.ORAL, houses.counter.counter_id)
    assert made.recorded_by == houses.counter.clerk_id
    assert made.organisation_id == houses.agency.organisation_id
    slip = houses.counter.browser.get(done.location).text
    assert decision_slips.code(made.id, keyring=make.KEYRING) in slip
    seen = office.views_of(houses.counter.city, houses.counter.mei)
    assert {line.detail["case"] for line in seen} == {houses.number}
    told = houses.agency.again("finder").get(f"/agency/petitions/{made.reference}").text
    assert "大安測試窗口" in told
    assert "戶籍沒有遷走" in told
    with houses.counter.city.database() as session:
        line = session.scalars(select(TrailEntry).where(TrailEntry.event == "petition.filed")).one()
    assert line.detail["counter"] == str(houses.counter.counter_id)


@pytest.mark.clause("6(3)")
@one_database
def test_the_record_is_changed_and_what_suspends_nothing_or_says_nothing_is_refused(
    houses: Houses,
) -> None:
    changing = houses.say(step="change")
    empty, unknown = houses.say(words="  "), houses.say(number="NOTHING2")
    hostile = houses.say(number="\x00'; --" * 99, words="\x00<script>" * 900)
    first, again = houses.say(**CONFIRMED), houses.say(**CONFIRMED)

    assert "戶籍沒有遷走" in changing.text
    assert [each.status_code for each in (empty, unknown, hostile)] == [422, 422, 422]
    assert (first.status_code, again.status_code) == (303, 422)
    assert "已經有一件陳情" in again.text


@pytest.mark.clause("10-I(2)")
@one_database
def test_a_slip_is_only_for_who_wrote_it_and_on_that_day(houses: Houses) -> None:
    city, slip = houses.counter.city, houses.say(**CONFIRMED).location
    other, _ = office.a_clerk(city, houses.counter.counter_id, "clerk.two")
    others = other.get(slip).status_code

    city.wait(days=1)

    later = officers.sign_in(city, "clerk.one", houses.counter.clerk_id).get(slip)
    assert (others, later.status_code) == (404, 404)


@pytest.mark.clause("4")
@one_database
def test_no_clerk_takes_their_own_petition_nor_one_without_the_matter(houses: Houses) -> None:
    city = houses.counter.city
    with city.database() as session:
        clerk = session.scalars(
            select(Clerk).where(Clerk.member_id == houses.counter.clerk_id)
        ).one()
        counter = session.get_one(Counter, clerk.counter_id)
        staff.appoint(session, counter, houses.counter.mei, now=city.now)
        town.trained(session, houses.counter.mei)
    mei = officers.sign_in(city, "mei.chen", houses.counter.mei)
    own = mei.post(PAGE, {**hidden(mei.get(PAGE)), "number": houses.number, "words": WORDS})
    with city.database() as session:
        session.query(Delegation).update({Delegation.matters: [Matter.CARDS.value]})

    assert own.status_code == 403
    assert "陳美玉" not in own.text
    assert houses.counter.browser.get(PAGE).status_code == 403
