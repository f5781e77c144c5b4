"""An officer registers, delegates, equips and opens a counter, and no other agency's (4, 5)."""

import re
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit.lines import Kind
from audit.models import LedgerLine, TrailEntry
from clients import registry
from clients.officer_models import Role
from counters import register, standing
from counters.models import Clerk, Counter, Delegation, Desk, Holder, Reader
from counters.standing import Status
from kernel.wording import Bilingual
from members.models import Standing
from services import activations
from tests import make
from tests.counters import town
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.make import NOON
from tests.web import staff

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
FORM = {
    "code": "daan",
    "holder": "body",
    "name_zh": "大安窗口",
    "name_en": "Daan counter",
    "district": "daan",
    "address_zh": "臺北市大安區測試路 1 號",
    "address_en": "1 Test Rd.",
    "phone": "02-0000-0000",
    "mon": "09:00-12:00, 13:30-17:30",
}
TERMS = {
    "ground": "commissioned",
    "provision": "行政程序法第 15 條第 2 項",
    "document_number": "北市測字第 1 號",
    "matters": ["accept", "cards"],
    "services": ["library_card"],
    "starts_on": "2026-11-01",
    "ends_on": "2027-10-31",
    "cost": "",
}
CITED = {"notice_on": "2026-11-01", "gazette": "公報 115 年冬字第 1 期"}
READER = {"serial": "R-9", "reader_kind": "both", "model": "M", "firmware": "1"}
HOSTILE = ["", "\x00", "大" * 700, "'; --", "\ud800", "9999-99-99", "<b>"]


@pytest.fixture
def agency(city: City) -> UUID:
    with city.database() as session:
        organisation_id = registry.get(session, "library").organisation_id
        name = Bilingual("借閱證", "Library card")
        activations.open_service(
            session, organisation_id, "library_card", name, sensitive=False, now=NOON
        )
        town.a_course(session)
    return organisation_id


@pytest.fixture
def officer(city: City, agency: UUID) -> Browser:
    member_id = staff.appoint(city, "of.ficer", Role.OFFICER, organisation_id=agency)
    return staff.sign_in(city, "of.ficer", member_id)


@pytest.fixture
def counter(city: City, agency: UUID) -> str:
    """Register a counter with nothing in it."""
    with city.database() as session:
        return town.a_counter(session, registry.get(session, "library")).code


def send(officer: Browser, path: str, form: dict[str, object]) -> TestResponse:
    token = hidden(officer.get("/agency/counters"))
    return officer.post(f"/agency/counters{path}", {**token, **form})


def events(city: City) -> list[str]:
    with city.database() as session:
        return list(session.scalars(select(TrailEntry.event).order_by(TrailEntry.id)))


@pytest.mark.clause("4", "4-II", "5(1)", "5(2)", "5(3)")
def test_an_officer_brings_a_counter_from_nothing_to_the_public_page(
    city: City, officer: Browser
) -> None:
    city.enrol("new.clerk")
    assert send(officer, "/new", dict(FORM)).location == "/agency/counters/daan"
    drafted = send(officer, "/daan/delegations/new", dict(TERMS))
    path = drafted.location.removeprefix("/agency/counters")
    send(officer, f"{path}/sign", {})
    assert city.call("/counters/daan").status_code == 404
    send(officer, f"{path}/publish", dict(CITED))
    send(officer, "/daan/add/desk", {"desk": "1 號櫃檯"})
    send(officer, "/daan/add/clerk", {"login_id": "new.clerk"})
    with city.database() as session:
        clerk = str(session.scalars(select(Clerk.id)).one())
    passed = {"clerk_id": clerk, "version": "1", "trained_on": "2026-11-20", "score": "85"}
    send(officer, "/daan/add/training", dict(passed))
    refused = send(officer, "/daan/open", {})
    send(officer, "/daan/add/reader", dict(READER))
    opened = send(officer, "/daan/open", {})

    assert (refused.status_code, opened.status_code) == (409, 303)
    page = city.call("/counters/daan").text
    assert "公報 115 年冬字第 1 期" in page
    assert "借閱證" in page
    assert "目前不開放" not in page
    assert "delegation.publish" in events(city)
    assert "counter.open" in events(city)


@pytest.mark.clause("5(2)", "5(3)")
def test_the_trail_says_which_part_of_a_counter_came_and_went(
    city: City, officer: Browser, counter: str
) -> None:
    city.enrol("new.clerk")
    send(officer, f"/{counter}/add/clerk", {"login_id": "new.clerk"})
    with city.database() as session:
        clerk = str(session.scalars(select(Clerk.id)).one())
    passed = {"clerk_id": clerk, "version": "1", "trained_on": "2026-11-20", "score": "85"}
    send(officer, f"/{counter}/add/training", dict(passed))
    send(officer, f"/{counter}/add/reader", dict(READER))
    send(officer, f"/{counter}/add/day", {"day": "2027-01-02", "note": "盤點"})
    send(officer, f"/{counter}/remove/clerk/{clerk}", {})
    with city.database() as session:
        reader = str(session.scalars(select(Reader.id)).one())
        rows = session.scalars(select(TrailEntry).order_by(TrailEntry.id)).all()

    found = {each.event: each.detail for each in rows}
    assert {each: found[each] for each in found if each.startswith("counter.")} == {
        "counter.clerk_added": {"counter": counter, "clerk": clerk},
        "counter.training_added": {"counter": counter, "clerk": clerk},
        "counter.reader_added": {"counter": counter, "reader": reader},
        "counter.day_added": {"counter": counter, "day": "2027-01-02"},
        "counter.clerk_removed": {"counter": counter, "clerk": clerk},
    }


def test_the_pages_show_what_there_is_and_what_is_missing(
    city: City, officer: Browser, agency: UUID
) -> None:
    with city.database() as session:
        town.a_town(session, agency=registry.get(session, "library"))
        row = session.scalars(select(Delegation)).one()
        path = f"/agency/counters/daan/delegations/{row.id}"
        town.a_counter(session, registry.get(session, "library"), "empty")

    listed = officer.get("/agency/counters").text
    assert "大安測試窗口" in listed
    assert "一臺可用的讀卡機" in listed
    shown = officer.get("/agency/counters/daan").text
    for fact in ("R-1", "1 號櫃檯", "clerk", "訓練有效", "北市測字第 1 號"):
        assert fact in shown
    assert "臺北市政府公報 115 年秋字第 1 期" in officer.get(path).text
    assert "還不能開放" in officer.get("/agency/counters/empty").text
    assert 'value="09:00-12:00, 13:30-17:30"' in officer.get("/agency/counters/daan/edit").text
    assert "1 號櫃檯" in officer.get("/agency/counters/daan").text


def test_a_counter_is_described_anew_closed_and_ended(
    city: City, officer: Browser, agency: UUID
) -> None:
    with city.database() as session:
        town.a_town(session, agency=registry.get(session, "library"))
    changed = {**FORM, "name_zh": "新名字", "mails_cards": "yes"}

    send(officer, "/daan/edit", dict(changed))
    assert "新名字" in city.call("/counters").text
    send(officer, "/daan/close", {})
    assert "目前不開放" in city.call("/counters/daan").text
    send(officer, "/daan/end", {})
    assert city.call("/counters/daan").status_code == 404
    assert "新名字" not in officer.get("/agency/counters").text


@pytest.mark.clause("4")
def test_a_delegation_is_extended_and_revoked(city: City, officer: Browser, agency: UUID) -> None:
    with city.database() as session:
        delegation_id = town.a_town(session, agency=registry.get(session, "library")).delegation.id
    path = f"/daan/delegations/{delegation_id}"
    later = {"seen": "2026-12-31", "until": "2027-12-31", **CITED}

    extended = send(officer, f"{path}/extend", dict(later))
    again = send(officer, f"{path}/extend", {**later, "until": "2028-12-31"})
    revoked = send(officer, f"{path}/revoke", {})

    assert (extended.status_code, again.status_code, revoked.status_code) == (303, 200, 303)
    assert "請重新查看" in again.text
    with city.database() as session:
        row = session.get_one(Delegation, delegation_id)
        assert (row.ends_on.isoformat(), row.step) == ("2027-12-31", "revoked")
        [at_now] = standing.of(session, [session.get_one(Counter, row.counter_id)], now=NOON)
        assert at_now.status is Status.CLOSED


def test_own_staff_are_extended_without_a_notice(
    city: City, officer: Browser, agency: UUID
) -> None:
    with city.database() as session:
        at = town.a_town(session, Holder.STAFF, agency=registry.get(session, "library"))
        path = f"/daan/delegations/{at.delegation.id}"

    page = officer.get(f"/agency/counters{path}").text
    sent = send(officer, f"{path}/extend", {"seen": "2026-12-31", "until": "2027-12-31"})

    assert "公報或新聞紙的刊期" not in page
    assert sent.status_code == 303


def test_what_is_no_longer_there_is_taken_away(city: City, officer: Browser, agency: UUID) -> None:
    with city.database() as session:
        town.a_town(session, agency=registry.get(session, "library"))
        parts = {
            "desk": session.scalars(select(Desk.id)).one(),
            "clerk": session.scalars(select(Clerk.id)).one(),
            "reader": session.scalars(select(Reader.id)).one(),
        }

    for kind, part_id in parts.items():
        assert send(officer, f"/daan/remove/{kind}/{part_id}", {}).status_code == 303
        assert send(officer, f"/daan/remove/{kind}/{part_id}", {}).status_code == 404

    page = officer.get("/agency/counters/daan").text
    assert "目前停止受理" in page


def test_days_off_are_entered_and_taken_back(city: City, officer: Browser, counter: str) -> None:
    send(officer, "/daan/add/day", {"day": "2026-12-01", "note": "盤點"})
    shown = officer.get("/agency/counters/daan").text
    send(officer, "/daan/remove-day", {"day": "2026-12-01"})

    assert "盤點" in shown
    assert "盤點" not in officer.get("/agency/counters/daan").text


@pytest.mark.clause("10-I(3)")
def test_who_is_appointed_reads_that_they_were_looked_up(
    city: City, officer: Browser, counter: str
) -> None:
    member_id = city.enrol("new.clerk")

    send(officer, "/daan/add/clerk", {"login_id": "new.clerk"})

    with city.database() as session:
        line = session.scalars(select(LedgerLine).where(LedgerLine.kind == Kind.VIEWED.value)).one()
    assert line.member_id == member_id
    assert line.detail["reason"] == "派任窗口服務人員"
    assert line.detail["office"][0] == "臺北市立圖書館"


def test_an_account_that_is_none_and_one_that_sleeps_are_refused_alike(
    city: City, officer: Browser, counter: str
) -> None:
    with city.database() as session:
        make.a_member(session, "idle", standing=Standing.SUSPENDED)

    pages = [send(officer, "/daan/add/clerk", {"login_id": who}) for who in ("nobody", "idle")]

    said = [re.findall(r'id="login_id-error">([^<]*<?[^<]*)', page.text) for page in pages]
    assert said[0] == said[1] != []


def test_another_agencys_counter_is_not_there(city: City, officer: Browser, counter: str) -> None:
    with city.database() as session:
        other = make.a_client(
            session,
            "parks",
            organisation=make.words("公園處", "Parks Office"),
            sector="parks.invalid",
        )
        foreign = town.a_counter(session, other, "parks")
        row = town.delegated(session, foreign)
        path = f"/daan/delegations/{row.id}"

    assert officer.get("/agency/counters/parks").status_code == 404
    assert officer.get(f"/agency/counters{path}").status_code == 404
    assert send(officer, "/parks/open", {}).status_code == 404
    assert send(officer, f"{path}/revoke", {}).status_code == 404
    assert "公園" not in officer.get("/agency/counters").text


def test_a_delegation_of_another_counter_is_not_shown_under_this_one(
    city: City, officer: Browser, counter: str
) -> None:
    with city.database() as session:
        more = town.a_counter(session, registry.get(session, "library"), "more")
        row = town.delegated(session, more)
        path = f"/agency/counters/daan/delegations/{row.id}"

    assert officer.get(path).status_code == 404


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR])
def test_only_an_agencys_officers_come_in(city: City, role: Role) -> None:
    browser = staff.an_officer(city, role)

    assert browser.get("/agency/counters").status_code == 403
    assert browser.get("/agency/counters/new").status_code == 403


@pytest.mark.refusal("form.day_missing")
@pytest.mark.parametrize("value", HOSTILE)
def test_whatever_is_typed_is_taken_or_refused_in_words(
    city: City, officer: Browser, counter: str, value: str
) -> None:
    forms: dict[str, dict[str, Any]] = {
        "/new": FORM,
        "/daan/edit": FORM,
        "/daan/delegations/new": TERMS,
        "/daan/add/desk": {"desk": ""},
        "/daan/add/clerk": {"login_id": ""},
        "/daan/add/training": {"clerk_id": "", "version": "", "score": "", "trained_on": ""},
        "/daan/add/reader": READER,
        "/daan/add/day": {"day": "", "note": ""},
        "/daan/remove-day": {"day": ""},
    }
    value = value.encode("utf-8", "replace").decode()
    answers = [send(officer, path, dict.fromkeys(form, value)) for path, form in forms.items()]

    assert {each.status_code for each in answers} <= {200, 303, 404, 422}
    assert all('role="alert"' in each.text for each in answers if each.status_code == 200)


@pytest.mark.refusal("counter.incomplete", "delegation.incomplete", "reader.incomplete")
def test_what_no_list_offers_is_refused(city: City, officer: Browser, counter: str) -> None:
    for path, form in (
        ("/new", {**FORM, "holder": "robot"}),
        ("/new", {**FORM, "district": "atlantis"}),
        ("/daan/delegations/new", {**TERMS, "ground": "whim"}),
        ("/daan/delegations/new", {**TERMS, "starts_on": "1900-01-01"}),
        ("/daan/add/reader", {**READER, "reader_kind": "psychic"}),
    ):
        page = send(officer, path, dict(form))
        assert page.status_code == 200
        assert 'role="alert"' in page.text
    strange = {"clerk_id": "x", "version": "1", "score": "90", "trained_on": "2026-11-20"}
    assert send(officer, "/daan/add/training", dict(strange)).status_code == 404


def test_a_training_counter_is_marked_and_not_public(city: City, officer: Browser) -> None:
    send(officer, "/new", {**FORM, "is_training": "yes"})

    assert "練習用" in officer.get("/agency/counters").text
    with city.database() as session:
        assert register.get(session, "daan").is_training


@pytest.mark.clause("8(4)")
@pytest.mark.refusal("service.days_impossible")
def test_an_agency_sets_how_long_its_service_takes_and_everybody_reads_it(
    city: City, officer: Browser
) -> None:
    send(officer, "/service-days", {"service": "library_card", "days": "5"})

    assert "民國115年11月30日" in officer.get("/agency/counters/service-days").text
    assert "5 個工作天" in city.call("/services").text
    for wrong in ("0", "121", "x", "5.5", "٥", ""):
        page = send(officer, "/service-days", {"service": "library_card", "days": wrong})
        assert "1 到 120" in page.text
    assert "service.days_set" in events(city)


@pytest.mark.refusal("service.not_yours")
def test_no_agency_sets_the_days_of_anothers_service(city: City, officer: Browser) -> None:
    with city.database() as session:
        other = make.a_client(
            session,
            "parks",
            organisation=make.words("公園處", "Parks Office"),
            sector="parks.invalid",
        )
        name = Bilingual("借用", "Lending")
        activations.open_service(
            session, other.organisation_id, "lawn", name, sensitive=False, now=NOON
        )

    page = send(officer, "/service-days", {"service": "lawn", "days": "5"})

    assert 'role="alert"' in page.text
    assert "借用" not in page.text
    with city.database() as session:
        assert activations.get_service(session, "lawn").working_days is None
