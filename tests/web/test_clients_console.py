"""Agencies see and propose what their clients may ask for; DoIT compares and decides (10(3))."""

import re
from typing import Any

import pytest
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from audit.models import TrailEntry
from clients import organisations, registry
from clients.models import Body, Client, PurposeVersion, Review
from clients.officer_models import Role
from kernel.ids import new_id
from kernel.wording import Bilingual
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.web import staff

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
MINE, QUEUE = "/agency/clients", "/doit/clients"
PURPOSE = f"{MINE}/library/library-card"
FORM = {
    "name_zh": "借閱證",
    "name_en": "Library card",
    "text_zh": "辦理借閱證",
    "text_en": "To issue a library card",
    "retention_zh": "借閱證有效期間",
    "retention_en": "As long as the card is valid",
    "legal_basis_zh": "圖書館法",
    "legal_basis_en": "Library Act",
    "refusal_effect_zh": "不能線上辦證",
    "refusal_effect_en": "No card can be issued online",
    "basis": "pdpa-15-2",
    "max_days": "365",
    "claim_0": "name",
    "need_0": "yes",
    "why_0_zh": "為了辦證",
    "why_0_en": "for the card",
    "claim_1": "district",
    "why_1_zh": "分館統計",
    "why_1_en": "to plan branches",
}


@pytest.fixture
def officer(city: City) -> Browser:
    with city.database() as session:
        agency = registry.get(session, "library").organisation_id
    member_id = staff.appoint(city, "of.ficer", Role.OFFICER, organisation_id=agency)
    return staff.sign_in(city, "of.ficer", member_id)


def draft(officer: Browser, **form: str) -> TestResponse:
    path = f"{PURPOSE}/edit"
    return officer.post(path, {**hidden(officer.get(path)), **FORM, **form})


def submit(officer: Browser) -> TestResponse:
    return officer.post(f"{PURPOSE}/submit", hidden(officer.get(PURPOSE)))


def waiting(reviewer: Browser, what: str = "changes/") -> str:
    found = re.search(rf"{QUEUE}/{what}[0-9a-f-]{{36}}", reviewer.get(QUEUE).text)
    assert found is not None
    return found[0]


def decide(reviewer: Browser, path: str, decision: str, **form: str) -> TestResponse:
    return reviewer.post(path, {**hidden(reviewer.get(path)), "decision": decision, **form})


def asked(city: City) -> set[str]:
    with city.database() as session:
        found = registry.get(session, "library").purposes
        return {x.claim for each in found if each.code == "library-card" for x in each.claims}


def events(city: City) -> list[str]:
    with city.database() as session:
        return list(session.scalars(select(TrailEntry.event).order_by(TrailEntry.id)))


def states(city: City) -> set[str]:
    with city.database() as session:
        return {each.value for each in session.scalars(select(PurposeVersion.state))}


@pytest.mark.clause("10-I(3)")
@pytest.mark.refusal("client.change_wrong_state")
def test_a_draft_is_handed_in_as_it_was_read(city: City, officer: Browser) -> None:
    draft(officer)
    read = hidden(officer.get(PURPOSE))
    city.wait(seconds=1)
    draft(officer, why_1_zh="別的理由")

    stale = officer.post(f"{PURPOSE}/submit", read)
    before = states(city)
    done = submit(officer)

    assert (stale.status_code, "submitted" in before) == (409, False)
    assert (done.status_code, "submitted" in states(city)) == (303, True)


@pytest.mark.clause("10-I(3)")
def test_an_officer_proposes_and_doit_puts_it_into_force(city: City, officer: Browser) -> None:
    reviewer = staff.an_officer(city)
    drafted, submitted = draft(officer), submit(officer)
    before = asked(city)
    shown = reviewer.get(waiting(reviewer)).text
    approved = decide(reviewer, waiting(reviewer), "approve")

    assert [each.status_code for each in (drafted, submitted, approved)] == [303] * 3
    assert "birthdate" in before
    assert "district" not in before
    assert "分館統計" in shown
    assert "這一項要再問會員" in shown
    assert "變少，馬上生效" in shown  # the birth date goes
    assert asked(city) == {"name", "district"}
    assert [each for each in events(city) if each.startswith("client.change")] == [
        "client.change_drafted",
        "client.change_submitted",
        "client.change_approved",
    ]
    assert "沒有等待審核的修改" in reviewer.get(QUEUE).text


def test_what_is_returned_keeps_what_was_in_force(city: City, officer: Browser) -> None:
    reviewer = staff.an_officer(city)
    draft(officer)
    submit(officer)
    path = waiting(reviewer)
    without = decide(reviewer, path, "return")
    decide(reviewer, path, "return", reason="行政區不必要")
    over = reviewer.get(path).text
    page = officer.get(PURPOSE).text

    assert 'id="reason-error"' in without.text
    assert "行政區不必要" in page
    assert "district" not in asked(city)
    assert 'id="approve_change"' not in over
    assert reviewer.get(f"{QUEUE}/changes/{new_id()}").status_code == 404


def test_who_drafted_a_change_does_not_decide(city: City, officer: Browser) -> None:
    draft(officer)
    submit(officer)
    reviewer_id = staff.appoint(city, "rui.reviews", Role.REVIEWER)
    with city.database() as session:
        session.execute(
            update(PurposeVersion)
            .where(PurposeVersion.state == "submitted")
            .values(drafted_by=reviewer_id)
        )
    reviewer = staff.sign_in(city, "rui.reviews", reviewer_id)
    path = waiting(reviewer)

    assert 'id="approve_change"' not in reviewer.get(path).text
    assert decide(reviewer, path, "approve").status_code == 200
    assert "district" not in asked(city)


@pytest.mark.clause("10(3)")
@pytest.mark.refusal("client.change_wrong_state")
@pytest.mark.parametrize("became", ["draft", "submitted"])
@pytest.mark.parametrize(("decision", "form"), [("approve", {}), ("return", {"reason": "太多"})])
def test_a_stale_page_decides_nothing_about_a_wider_change(
    city: City, officer: Browser, decision: str, form: dict[str, str], became: str
) -> None:
    reviewer = staff.an_officer(city)
    draft(officer, why_1_zh="第一版")
    submit(officer)
    path = waiting(reviewer)
    page = hidden(reviewer.get(path))
    decide(reviewer, path, "return", reason="請說明必要性")
    draft(officer)
    if became == "submitted":
        submit(officer)
    told = reviewer.post(path, {**page, "decision": decision, **form})

    assert "這份修改現在不能這樣處理" in told.text
    assert 'id="approve_change"' not in told.text
    assert "district" not in asked(city)
    assert states(city) == {"approved", "returned", became}
    assert "client.change_approved" not in events(city)


@pytest.mark.clause("2(5)")
@pytest.mark.parametrize(
    "form",
    [
        {"claim_1": "case_content"},
        {"why_1_zh": ""},
        {"claim_1": "name"},
        {"max_days": "0"},
        {"basis": "pdpa-19-5"},
        {"name_zh": ""},
        {"text_en": "\x00"},
    ],
)
def test_a_change_that_cannot_be_is_shown_again(
    city: City, officer: Browser, form: dict[str, str]
) -> None:
    page = draft(officer, **form)

    assert page.status_code == 200
    assert 'role="alert"' in page.text
    assert "district" not in asked(city)


def test_another_agencys_clients_are_no_page(city: City, officer: Browser) -> None:
    name = Bilingual("測試體育局", "Test Sports")
    with city.database() as session:
        other = organisations.enter(session, name, Body.DEPARTMENT, now=city.now).id
    member_id = staff.appoint(city, "other.officer", Role.OFFICER, organisation_id=other)
    stranger = staff.sign_in(city, "other.officer", member_id)

    assert "library" not in stranger.get(MINE).text
    assert stranger.get(PURPOSE).status_code == 404
    assert officer.get(f"{MINE}/library/nothing").status_code == 404
    assert officer.get(f"{MINE}/%E5%B8%82/library-card").status_code == 404
    assert "辦理借閱證" in officer.get(PURPOSE).text


def test_a_draft_is_gone_on_with(officer: Browser) -> None:
    draft(officer)

    assert "分館統計" in officer.get(f"{PURPOSE}/edit").text
    assert 'id="submit_change"' in officer.get(PURPOSE).text


@pytest.mark.parametrize(
    ("decision", "form", "becomes"),
    [
        ("approve", {}, Review.APPROVED),
        ("return", {"reason": "不是市府的網站"}, Review.TURNED_DOWN),
        ("return", {}, Review.WAITING),
    ],
)
def test_a_client_that_registered_itself_is_decided_on(
    city: City, decision: str, form: dict[str, Any], becomes: Review
) -> None:
    with city.database() as session:
        session.execute(update(Client).values(review=Review.WAITING))
    reviewer = staff.an_officer(city)
    path = waiting(reviewer, "")
    page = reviewer.get(path).text
    decide(reviewer, path, decision, **form)

    with city.database() as session:
        assert registry.get(session, "library").review is becomes
    assert "辦理借閱證" in page
    assert reviewer.get(f"{QUEUE}/{new_id()}").status_code == 404
