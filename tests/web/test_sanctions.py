"""Misuse: heard, determined by another, in force for its days; nobody else learns why (6(1))."""

from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit.lines import Kind
from audit.models import LedgerLine, TrailEntry
from idp import subjects
from services.sanction_models import MisuseReport, Sanction
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.services.checking import CODE
from tests.web import staff
from tests.web.checking import Office, open_office
from tests.web.outbox import World
from web.mails import Mail

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
AGENCY, BUREAU = "/agency/sanctions", "/doit/sanctions"
CHARGE: dict[str, Any] = {
    "who": "mei-at-welfare",
    "services": [CODE],
    "clause": "6(1)",
    "evidence": "北市測字第 7 號",
    "facts": "把卡借給別人",
    "hear_by": "2026-12-01",
}
RULING = {"starts_on": "2026-12-02", "ends_on": "2026-12-10", "reason": "查證屬實"}


@pytest.fixture
def office(city: City) -> Office:
    office = open_office(city)
    with city.database() as session:
        subjects.remember(session, CHARGE["who"], member_id=office.mei, sector="library.invalid")
    return office


@pytest.fixture
def member(city: City) -> Browser:
    browser = Browser(city)
    browser.submit(browser.get("/account/login"), login_id="mei.chen", password=make.PASSWORD)
    return browser


def report(browser: Browser, at: str = AGENCY, **changes: Any) -> TestResponse:
    return browser.post(at, {**hidden(browser.get(at)), **CHARGE, **changes})


def press(browser: Browser, at: str, verb: str, **form: str) -> TestResponse:
    page = browser.get(at)
    assert page.status_code == 200, page.text
    return browser.post(f"{at}/{verb}", {**hidden(page), **form})


@pytest.mark.clause("6(1)")
def test_misuse_is_heard_determined_and_over_by_the_clock(office: Office, member: Browser) -> None:
    at = report(office.finder).location
    reference = at.rsplit("/", 1)[1]
    mine = f"/account/petitions/sanctions/{reference}"
    early = press(office.verifier, at, "determine", **RULING)
    answered = member.post(mine, {**hidden(member.get(mine)), "words": "那天我不在"})
    office.city.wait(days=9)
    for browser, login in ((office.finder, "finder"), (office.verifier, "verifier")):
        browser.submit(browser.get("/account/login"), login_id=login, password=make.PASSWORD)
        staff.strengthen(office.city, office.city.member_id(login))
    own = press(office.finder, at, "determine", **RULING)

    done = press(office.verifier, at, "determine", **RULING)

    assert (early.status_code, answered.status_code) == (409, 303)
    assert (own.status_code, done.status_code) == (403, 303)
    assert "那天我不在" in office.verifier.get(at).text
    with office.city.database() as session:
        lines = select(LedgerLine.kind).where(LedgerLine.member_id == office.mei)
        kinds = {*session.scalars(lines)}
    assert {Kind.SANCTION_REPORTED, Kind.SANCTION_ANSWERED, Kind.SANCTION_DETERMINED} <= kinds
    assert {Mail.SANCTION_HEARING, Mail.SANCTION_DETERMINED} <= {*World(office.city).told()}
    lifted = press(office.finder, at, "end", why="誤會")
    assert lifted.status_code == 303
    assert "已解除" in office.finder.get(AGENCY).text


@pytest.mark.clause("9")
@one_database
def test_who_would_decide_alone_stands_in_the_auditors_report(office: Office) -> None:
    at, who = report(office.finder).location, office.city.member_id("finder")
    office.city.wait(days=9)
    office.finder.submit(
        office.finder.get("/account/login"), login_id="finder", password=make.PASSWORD
    )
    staff.strengthen(office.city, who)

    alone = press(office.finder, at, "determine", **RULING)

    assert alone.status_code == 403
    with office.city.database() as session:
        noted = select(TrailEntry).where(TrailEntry.event == "staff.refused")
        assert [(each.actor, each.detail) for each in session.scalars(noted)] == [
            (who, {"code": "sanction.second_person"})
        ]


@pytest.mark.clause("6(1)", "10-I(3)")
@one_database
def test_another_agency_sees_no_trace_and_the_bureau_has_its_own(office: Office) -> None:
    at = report(office.finder).location
    reviewer = staff.an_officer(office.city)

    for path in (at.replace(AGENCY, BUREAU), f"{BUREAU}/NOTHING", f"{BUREAU}/%00"):
        assert reviewer.get(path).status_code == 404, path
    done = report(reviewer, BUREAU, who="mei.chen", services=[CODE, "library_card"])
    assert done.status_code == 303
    assert office.finder.get(done.location.replace(BUREAU, AGENCY)).status_code == 404
    with office.city.database() as session:
        houses = {each.organisation_id for each in session.scalars(select(Sanction))}
    assert houses == {None, office.organisation_id}


@pytest.mark.parametrize(
    "wrong",
    [{"who": "nobody"}, {"clause": ""}, {"hear_by": "x"}, {"services": []}, {"services": ["x"]}],
)
@one_database
def test_a_charge_that_lacks_something_is_said_above_the_form(
    office: Office, wrong: dict[str, Any]
) -> None:
    refused = report(office.finder, **wrong)

    assert refused.status_code in {403, 404, 422}
    assert "把卡借給別人" in refused.text


@pytest.mark.clause("6(1)")
@pytest.mark.refusal("case.wrong_state")
def test_what_the_member_wrote_meanwhile_is_read_before_anything_is_determined(
    office: Office, member: Browser
) -> None:
    at = report(office.finder).location
    mine = f"/account/petitions/sanctions/{at.rsplit('/', 1)[1]}"
    office.city.wait(days=9)
    office.verifier.submit(
        office.verifier.get("/account/login"), login_id="verifier", password=make.PASSWORD
    )
    staff.strengthen(office.city, office.city.member_id("verifier"))
    member.submit(member.get("/account/login"), login_id="mei.chen", password=make.PASSWORD)
    opened = hidden(office.verifier.get(at))
    answered = member.post(mine, {**hidden(member.get(mine)), "words": "那天我不在"})

    unread = office.verifier.post(f"{at}/determine", {**opened, **RULING})

    assert (answered.status_code, unread.status_code) == (303, 409)
    assert "那天我不在" in unread.text
    read = office.verifier.post(f"{at}/determine", {**hidden(unread), **RULING})
    assert read.status_code == 303


@one_database
def test_an_empty_answer_ruling_or_end_changes_nothing(office: Office, member: Browser) -> None:
    at = report(office.finder).location
    mine = f"/account/petitions/sanctions/{at.rsplit('/', 1)[1]}"
    form = hidden(member.get(mine))

    empty = member.post(mine, {**form, "words": " "})
    ended = press(office.finder, at, "end", why=" ")

    assert (empty.status_code, ended.status_code) == (422, 422)
    assert member.get("/account/petitions/sanctions/NOTHING").status_code == 404
    assert at.rsplit("/", 1)[1] in member.get("/account/petitions").text


@pytest.mark.clause("6(1)")
@one_database
def test_not_me_reaches_the_bureau_and_is_closed_with_a_file(city: City, member: Browser) -> None:
    with city.database() as session:
        line = session.scalars(select(LedgerLine).where(LedgerLine.kind == Kind.LOGGED_IN)).first()
        assert line is not None
    path = f"/account/footprint/{line.id}/not-me"
    member.post(path, hidden(member.get(path)))
    reviewer = staff.an_officer(city)
    with city.database() as session:
        report = session.scalars(select(MisuseReport)).one()
    page = reviewer.get(BUREAU)
    where = f"{BUREAU}/reports/{report.reference}/close"

    empty = reviewer.post(where, hidden(page))
    done = reviewer.post(where, {**hidden(page), "document": "北市測字第 5 號"})

    assert report.reference in page.text
    assert (empty.status_code, done.status_code) == (422, 303)
    assert reviewer.post(where, {**hidden(page), "document": "x"}).status_code == 409
    assert reviewer.post(f"{BUREAU}/reports/%00/close", hidden(page)).status_code == 404
