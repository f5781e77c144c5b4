"""Who lost the letter petitions at a counter all the same; a clerk sees no more than they need."""

from uuid import UUID

import pytest
from sqlalchemy import update
from werkzeug.test import TestResponse

from services.eligibility_models import Finding
from services.petition_models import Petition
from tests.flows.browser import hidden
from tests.flows.provider import City
from tests.web import checking, office
from tests.web.office import MEI, NOBODYS, Office
from web.desk_lost_letters import LOOKED_FOR

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
PAGE, PETITIONS = "/counter/petitions/lost", "/counter/petitions"
REASON = "戶政資料已經遷出"  # of tests.web.checking
NOTHING = "這個證號沒有現在可以陳情的中止"


@pytest.fixture
def number(city: City) -> str:
    """Let the library suspend Mei's senior card; return the number of the letter."""
    return checking.open_office(city).suspended()


@pytest.fixture
def desk(city: City, number: str) -> Office:  # suspended before the desk opens
    return office.open_office(city)


def look(desk: Office, idno: str = MEI, **form: str) -> TestResponse:
    token = hidden(desk.browser.get(PAGE))
    return desk.browser.post(PAGE, {**token, "idno": idno, "seen": "yes", **form})


def petitioned(desk: Office, number: str) -> None:
    """Take a petition in, by the number of the letter."""
    signed = {"seen": "yes", "read_back": "yes", "signed": "yes", "words": "我還住這裡"}
    form = {**hidden(desk.browser.get(PETITIONS)), **signed, "number": number, "step": "file"}
    assert desk.browser.post(PETITIONS, form).status_code == 303


def views(desk: Office) -> list[tuple[str, str]]:
    seen = office.views_of(desk.city, desk.mei)
    return [(line.detail["reason"], line.detail["case"]) for line in seen]


@pytest.mark.clause("6(3)")
def test_the_number_is_found_by_who_stands_there_and_leads_to_the_petition(
    desk: Office, number: str
) -> None:
    link = desk.browser.get(PETITIONS).text
    found = look(desk)
    writing = desk.browser.post(PETITIONS, {**hidden(found), "number": number, "step": "change"})

    assert PAGE in link
    assert f'value="{number}"' in found.text
    assert f'value="{number}"' in writing.text
    assert 'id="words"' in writing.text


@pytest.mark.clause("10-I(2)")
def test_a_clerk_learns_neither_name_nor_reason_and_the_person_reads_of_it(
    desk: Office,
) -> None:
    page = look(desk).text

    assert "陳美玉" not in page
    assert REASON not in page
    assert views(desk) == [(LOOKED_FOR, "")]


@pytest.mark.clause("6(3)")
@pytest.mark.parametrize("why", ["nobody", "heard", "restored"])
def test_where_nothing_can_be_petitioned_against_every_answer_is_the_same(
    desk: Office, number: str, why: str
) -> None:
    if why == "heard":
        petitioned(desk, number)
    with desk.city.database() as session:
        if why == "restored":
            session.execute(update(Finding).values(restored_at=desk.city.now))

    page = look(desk, NOBODYS if why == "nobody" else MEI)

    assert page.status_code == 200
    assert NOTHING in page.text
    assert number not in page.text


@pytest.mark.clause("6(3)")
def test_what_was_not_upheld_can_be_petitioned_against_again(desk: Office, number: str) -> None:
    petitioned(desk, number)
    with desk.city.database() as session:
        session.execute(
            update(Petition).values(
                state="decided",
                result="not_upheld",
                decided_by=UUID(int=9),
                closed_at=desk.city.now,
            )
        )

    assert number in look(desk).text


@pytest.mark.clause("10-I(2)")
@pytest.mark.refusal("case.document_unseen", "idno.format", "idno.checksum")
def test_nobody_is_looked_for_without_their_document_or_by_half_a_number(desk: Office) -> None:
    token = hidden(desk.browser.get(PAGE))
    unseen = desk.browser.post(PAGE, {**token, "idno": MEI})
    wrong = [look(desk, each) for each in ("", "A123456780", "\x00'; --" * 99)]

    assert unseen.status_code == 422
    assert 'id="seen-error"' in unseen.text
    assert [each.status_code for each in wrong] == [422] * 3
    assert all('id="idno-error"' in each.text for each in wrong)
    assert views(desk) == []


@pytest.mark.clause("4")
def test_no_clerk_looks_for_a_letter_of_their_own(desk: Office) -> None:
    office.enter_number(desk.city, desk.clerk_id, NOBODYS)

    page = look(desk, NOBODYS)

    assert page.status_code == 403
    assert 'id="idno-error"' in page.text
