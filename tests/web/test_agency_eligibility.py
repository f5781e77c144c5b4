"""An agency's pages of eligibility: rules that the public reads, checks by two officers (6(3))."""

from io import BytesIO

import pytest
from sqlalchemy import select

from audit.lines import Kind
from audit.models import LedgerLine, TrailEntry
from clients import registry
from clients.officer_models import Role
from services.eligibility_models import FindingState, RunState
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.services.checking import CODE
from tests.web import staff
from tests.web.checking import INDEX, Office, an_officer, open_office
from tests.web.outbox import World
from web.mails import Mail

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
RULE = {
    "age": "70",
    "resident": "yes",
    "joined": "any",
    "by_hand_zh": "領有證明",
    "by_hand_en": "Holds a certificate",
    "basis": "測試要點第 4 點",
    "effective_on": "2026-11-23",
}


@pytest.fixture
def office(city: City) -> Office:
    return open_office(city)


def lines(city: City, kind: Kind) -> list[LedgerLine]:
    with city.database() as session:
        return list(session.scalars(select(LedgerLine).where(LedgerLine.kind == kind)))


@pytest.mark.clause("6(3)")
@one_database
def test_what_an_agency_lays_down_stands_on_the_public_page(office: Office) -> None:
    page = office.finder.get(f"{INDEX}/services/{CODE}")

    done = office.finder.post(f"{INDEX}/services/{CODE}/rules", {**hidden(page), **RULE})

    assert done.status_code == 303
    public = Browser(office.city).get("/services").text
    assert "已滿 70 歲，或住在臺北市" in public
    assert "領有證明" in public
    assert "測試要點第 4 點" in public
    assert "第 2 版" in office.finder.get(INDEX).text


@pytest.mark.parametrize(
    "wrong",
    [{"basis": ""}, {"age": "0"}, {"age": "many"}, {"effective_on": "x"}, {"activated": "\u5e02"}],
)
@one_database
def test_what_does_not_make_a_rule_is_said_above_the_form(
    office: Office, wrong: dict[str, str]
) -> None:
    page = office.finder.get(f"{INDEX}/services/{CODE}")

    refused = office.finder.post(
        f"{INDEX}/services/{CODE}/rules", {**hidden(page), **RULE, **wrong}
    )

    assert refused.status_code == 422
    assert 'id="errors"' in refused.text
    assert "領有證明" in refused.text  # nothing is typed twice


@pytest.mark.clause("6(3)")
def test_a_second_person_suspends_and_the_notice_leaves_with_the_decision(office: Office) -> None:
    run = office.run()
    office.find(run)
    own = office.confirm(run, office.finder)

    done = office.confirm(run)

    assert (own.status_code, done.status_code) == (409, 303)
    (finding,) = office.findings()
    assert (finding.state, finding.decided_by) == (FindingState.CONFIRMED, office.verifier_id)
    (line,) = lines(office.city, Kind.SERVICE_SUSPENDED)
    assert (line.member_id, line.detail["reference"]) == (office.mei, finding.reference)
    assert Mail.SERVICE_SUSPENDED in World(office.city).told()
    with office.city.database() as session:
        events = session.scalars(select(TrailEntry.event)).all()
    assert "service.suspended" in events


@one_database
def test_what_is_refused_half_way_suspends_and_tells_nobody(office: Office) -> None:
    run = office.run()
    others = [each[0] for each in office.holders(run)[1:3]]
    office.find(run, others[0])
    office.press(office.verifier, run, "findings", rows=f"reference,fact\n{others[1]},moved_away")

    done = office.confirm(run)  # of two, the second was brought in by the verifier

    assert done.status_code == 409
    assert {each.state for each in office.findings()} == {FindingState.VERIFYING}
    assert lines(office.city, Kind.SERVICE_SUSPENDED) == []


@one_database
def test_the_list_is_the_agencys_own_and_a_finding_may_fall(office: Office) -> None:
    run = office.run()

    told = office.holders(run)

    assert told[0] == ["reference", "case", "since"]
    assert len(told) == 11
    assert "1 筆不是這項服務的人" in office.find(run, office.name(), "a" * 52).text
    assert office.confirm(run, decision="dismiss").status_code == 303
    assert office.findings()[0].state is FindingState.DISMISSED
    assert office.press(office.finder, run, "close").status_code == 303
    assert "已結束" in office.finder.get(INDEX).text


@pytest.mark.clause("6(3)")
@one_database
def test_a_halted_check_goes_on_by_the_manager_or_by_the_bureau(office: Office) -> None:
    run = office.run()
    office.find(run, *(each[0] for each in office.holders(run)[1:4]))
    halted, refused = office.the_run(run).state, office.confirm(run)
    officer = office.press(office.verifier, run, "release", release_reason="yes")
    manager, _ = an_officer(office.city, office.organisation_id, "manager", Role.MANAGER)
    reviewer = staff.an_officer(office.city)
    page = reviewer.get("/doit/eligibility")
    empty = reviewer.post(f"/doit/eligibility/{run}/release", hidden(page))
    without = office.press(manager, run, "release", release_reason=" ")

    done = reviewer.post(
        f"/doit/eligibility/{run}/release", {**hidden(page), "release_reason": "名單對過"}
    )

    assert (halted, refused.status_code, officer.status_code) == (RunState.HALTED, 409, 403)
    assert "占 30%" in page.text
    assert (empty.status_code, without.status_code, done.status_code) == (422, 422, 303)
    assert office.the_run(run).state is RunState.RUNNING
    assert office.confirm(run).status_code == 303
    office.find(run, office.holders(run)[1][0])
    again = office.press(manager, run, "release", release_reason="再對過")
    assert again.status_code == 303


@pytest.mark.clause("10-I(3)")
@one_database
def test_another_agencys_checks_and_services_are_not_there(office: Office) -> None:
    run = office.run()
    with office.city.database() as session:
        library = registry.get(session, "library").organisation_id
    stranger, _ = an_officer(office.city, library, "stranger")

    for path in (f"/runs/{run}", f"/services/{CODE}", "/runs/NOTHING", "/runs/%00", "/services/x"):
        assert stranger.get(INDEX + path).status_code == 404, path
    assert CODE not in stranger.get(INDEX).text


@pytest.mark.parametrize(
    "sent",
    [b"\xff\xfe", b"reference,fact", "reference,fact\n\u5e02,\u5e02".encode(), b"\x00,\x00\n" * 9],
)
@one_database
def test_no_file_breaks_a_check(office: Office, sent: bytes) -> None:
    run = office.run()
    refused = office.press(office.finder, run, "findings", file=(BytesIO(sent), "x.csv"))

    assert refused.status_code == 422
    for verb in ("start", "release"):
        assert office.press(office.finder, run, verb).status_code in {403, 409}
