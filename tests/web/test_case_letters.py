"""The principal ends what runs at a counter by a letter of theirs: by mail, or on their page."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from audit.lines import Kind
from audit.models import LedgerLine
from counters.case_models import CaseState
from members import proxies
from members.application_models import Application, State
from members.proxy_models import Letter, Matter
from tests.flows.browser import Browser, hidden
from tests.flows.provider import ISSUER, City
from tests.web import office as offices
from tests.web.office import PROXY, Office
from tests.web.outbox import World
from tests.web.test_desk_intake import JOINS, LETTER, WITH_LETTER
from tests.web.test_proxies import signed_in

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PAGE = "/account/guardians"


@pytest.fixture
def office(city: City) -> Office:
    return offices.open_office(city)


def press(browser: Browser, pattern: str) -> int:
    page = browser.get(PAGE)
    found = re.search(pattern, page.text)
    assert found, page.text
    return browser.post(found[0], hidden(page)).status_code


@pytest.mark.clause("7(2)")
def test_a_letter_is_taken_back_on_the_principals_page_and_its_case_stops(office: Office) -> None:
    number, browser = office.opened(*WITH_LETTER, **LETTER), signed_in(office.city)

    assert press(browser, rf"{PAGE}/letters/[0-9a-f-]+/end") == 303

    case = office.case(number)
    assert (case.state, case.reason) == (CaseState.STOPPED, "revoked")
    assert office.step(number, "finish").status_code == 409
    assert "本人撤回委託" in office.browser.get(f"/counter/cases/{number}").text
    assert "/letters/" not in browser.get(PAGE).text
    with office.city.database() as session:
        found = select(LedgerLine.kind).where(LedgerLine.member_id == office.mei)
        assert Kind.CASE_MOVED in set(session.scalars(found))


@pytest.mark.refusal("poa.not_found")
def test_nobody_else_takes_it_back_and_not_twice(office: Office) -> None:
    office.opened(*WITH_LETTER, **LETTER)
    mine = signed_in(office.city)
    page = mine.get(PAGE)
    found = re.search(rf"{PAGE}/letters/[0-9a-f-]+/end", page.text)
    assert found
    office.city.enrol("other")
    other = signed_in(office.city, "other")

    assert other.post(found[0], hidden(other.get(PAGE))).status_code == 404
    assert mine.post(found[0], hidden(page)).status_code == 303
    assert mine.post(found[0], hidden(page)).status_code == 404


@pytest.mark.clause("7(2)")
def test_ending_a_power_stops_what_its_proxy_runs_at_a_counter(office: Office) -> None:
    city, proxy_id = office.city, office.city.enrol("the.proxy")
    offices.enter_number(city, proxy_id, PROXY)
    with city.database() as session:
        proxies.enter(
            session,
            principal_id=office.mei,
            proxy_id=proxy_id,
            matters=tuple(Matter),
            letter=Letter.PAPER,
            reference="115-委-7",
            starts_at=city.now,
            ends_at=city.now.replace(year=2027),
            now=city.now,
        )
    theirs = office.opened(*WITH_LETTER, **LETTER)
    own = office.opened()

    assert press(signed_in(office.city), rf"{PAGE}/powers/[0-9a-f-]+/end") == 303

    assert office.case(theirs).state is CaseState.STOPPED
    assert office.case(own).state is CaseState.IN_PROCESS


# Joining by proxy


def joining(office: Office, **changes: str) -> dict[str, Any]:
    grown = {"birthdate": "1990-01-01", "guardian_idno": "", "guardian_name": ""}
    letter = {**LETTER, "letter_matter": ("join",), "email": "new@mail.invalid"}
    return {**JOINS, **grown, **letter, **changes}


@pytest.mark.clause("7(2)")
def test_whoever_is_made_a_member_by_a_proxy_is_told_and_stops_it(office: Office) -> None:
    number = office.opened(*WITH_LETTER, **joining(office))

    browser = Browser(office.city)
    browser.post("/not-me", hidden(browser.get(the_link(office))))

    assert office.case(number).state is CaseState.STOPPED
    with office.city.database() as session:
        assert session.scalars(select(Application.state)).one() is State.WITHDRAWN


def the_link(office: Office) -> str:
    """Return the path that the mailed letter leads to, which stops it all."""
    world = World(office.city)
    world.work_off()
    texts = [
        letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]  # ours has one
        for letter in world.letters
    ]
    link = next(word for text in texts for word in text.split() if "/not-me?key=" in word)
    return str(link.removeprefix(ISSUER))


@pytest.mark.clause("7(2)")
def test_without_a_way_to_tell_them_a_proxy_makes_nobody_a_member(office: Office) -> None:
    response = office.take_in(WITH_LETTER, **joining(office, email=""))

    assert response.status_code == 422
    assert 'href="#email"' in response.text
