"""The annex form is filled in at the desk, too, and goes to the agency with the case (5(4))."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from clients import registry
from clients.officer_models import Role
from services import activation_requests, activations
from services.request_models import ActivationRequest, RequestState
from tests.flows.browser import Browser
from tests.flows.provider import City
from tests.services.lives import OFFICER
from tests.services.publishing_people import BRANCH, FORM, PHOTO, a_form, confirmed
from tests.web import office as offices
from tests.web import staff as officers
from tests.web.office import Office
from tests.web.outbox import World
from tests.web.test_case_letters import press
from tests.web.test_desk_intake import LETTER
from tests.web.test_download import ask, taken
from tests.web.test_proxies import signed_in

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
CODE = "library_card"
PAPERS = (*offices.PAPERS, "applicant.annex_form", "applicant.evidence")
ANSWERS = {PHOTO.key: "照片在附件", BRANCH.key: BRANCH.options[0]}


@pytest.fixture
def office(city: City) -> Office:
    """Open a counter; the library card has an annex form in force."""
    offices.two_services(city)
    with city.database() as session:
        confirmed(session, a_form(session, activations.get_service(session, CODE)))
    return offices.open_office(city, services=frozenset({CODE}))


def taken_in(office: Office, **fields: Any) -> str:
    return office.opened(*PAPERS, matter="activation", service=CODE, **fields)


def application(city: City) -> ActivationRequest:
    with city.database() as session:
        return session.scalars(select(ActivationRequest)).one()


@pytest.mark.clause("5(4)", "7(1)")
def test_what_the_person_says_reaches_the_agency_under_the_number_of_the_case(
    office: Office,
) -> None:
    with office.city.database() as session:
        house = registry.get(session, "library").organisation_id
    boss = officers.appoint(office.city, "of.ficer", Role.OFFICER, organisation_id=house)
    officer = officers.sign_in(office.city, "of.ficer", boss)

    number = taken_in(office, **ANSWERS)

    seen = officer.get(f"/agency/activations/{number}").text
    assert ANSWERS[PHOTO.key] in seen
    assert "等機關審核" in office.browser.get(f"/counter/cases/{number}").text
    row = application(office.city)
    assert (row.reference, row.member_id) == (number, office.mei)
    assert row.answers_sealed is not None
    with office.city.database() as session:
        assert "service.asked" in [each.kind for each in offices.lines_of(session, office.mei)]


@pytest.mark.clause("5(4)")
@one_database
def test_half_a_form_is_shown_again_and_nothing_is_taken_in(office: Office) -> None:
    wrong: tuple[dict[str, str], ...] = (
        {},
        {PHOTO.key: "x", BRANCH.key: "elsewhere"},
        {PHOTO.key: "\u202e"},
    )
    pages = [
        office.take_in(PAPERS, matter="activation", service=CODE, **answers) for answers in wrong
    ]

    assert {each.status_code for each in pages} == {422}
    assert f'id="{PHOTO.key}-error"' in pages[0].text
    assert 'value="elsewhere"' not in pages[1].text
    assert f"「{BRANCH.label_zh}」的答案不符" in pages[1].text
    assert f"「{PHOTO.label_zh}」的答案不符" in pages[2].text
    with office.city.database() as session:
        assert session.scalars(select(ActivationRequest)).all() == []
    assert offices.views_of(office.city, office.mei) == []


@pytest.mark.clause("7(2)")
@one_database
def test_the_application_ends_with_its_case_and_not_after_the_agency_decided(
    office: Office,
) -> None:
    first = taken_in(office, **ANSWERS)
    assert office.step(first, "stop").status_code == 303
    withdrawn = application(office.city).state
    second = taken_in(office, **ANSWERS)
    with office.city.database() as session:
        row = activation_requests.find(session, second)
        assert row is not None
        activation_requests.approve(session, row, by=OFFICER, now=office.city.now)

    assert office.step(second, "finish").status_code == 303

    with office.city.database() as session:
        found = activation_requests.find(session, second)
        assert found is not None
        assert (withdrawn, found.state) == (RequestState.WITHDRAWN, RequestState.APPROVED)


@pytest.mark.clause("7(2)")
@one_database
def test_who_says_that_it_was_not_them_ends_what_a_proxy_applied_for(office: Office) -> None:
    papers = (*PAPERS, "proxy.power_of_attorney", "proxy.id_card")
    letter = {**LETTER, "letter_matter": ("activation",)}
    office.opened(*papers, matter="activation", service=CODE, **letter, **ANSWERS)
    waits = application(office.city).state

    assert press(signed_in(office.city), r"/account/guardians/letters/[0-9a-f-]+/end") == 303

    assert (waits, application(office.city).state) == (
        RequestState.APPLIED,
        RequestState.WITHDRAWN,
    )


@pytest.mark.clause("5(4)", "10-I(1)")
def test_the_answers_are_in_the_members_archive_with_the_form_they_were_given_on(
    office: Office,
) -> None:
    number = taken_in(office, **ANSWERS)
    mei = Browser(office.city)
    mei.sign_in()
    ask(mei, "applications")
    World(office.city).work_off()

    rows = json.loads(taken(mei).read("applications.json"))

    assert [(each["question"], each["answer"]) for each in rows] == [
        (PHOTO.label_zh, ANSWERS[PHOTO.key]),
        (BRANCH.label_zh, ANSWERS[BRANCH.key]),
    ]
    assert {each["reference"] for each in rows} == {number}
    assert {(each["form"], each["form_version"]) for each in rows} == {(FORM.title_zh, "1")}
