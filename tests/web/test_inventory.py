"""An agency keeps its inventory, asks to be excused and plans; DoIT decides; all see it (3)."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit.models import TrailEntry
from clients import registry
from clients.officer_models import Role
from kernel.jobs import Job
from services.inventory_models import IdentitySystem
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.web import staff
from web import waiver_endings

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SYSTEM = {
    "kind": "card",
    "name_zh": "舊借閱證",
    "name_en": "Old library card",
    "deadline": "2026-12-01",
}
WAIVER = {
    "reason": "讀卡設備明年汰換",
    "waiver_number": "北市測字第 8 號",
    "until": "2026-12-10",
}
PLAN = {
    "process_zh": "分批歸戶",
    "process_en": "Consolidated in parts",
    "milestones": "2026-12-01 通知持卡人 | Tell the holders",
    "sunset_on": "2027-01-31",
    "replacement_zh": "單一識別",
    "replacement_en": "Taipei ID",
    "holders_zh": "資格不變",
    "holders_en": "What they hold stays",
}
LETTER = {"document_number": "北市測字第 9 號"}
HOSTILE = ["", "\x00", "大" * 7000, "'; --", "9999-99-99", "<b>", "-1"]


@pytest.fixture
def agency(city: City) -> UUID:
    with city.database() as session:
        return registry.get(session, "library").organisation_id


@pytest.fixture
def officer(city: City, agency: UUID) -> Browser:
    member_id = staff.appoint(city, "of.ficer", Role.OFFICER, organisation_id=agency)
    return staff.sign_in(city, "of.ficer", member_id)


@pytest.fixture
def reviewer(city: City) -> Browser:
    return staff.an_officer(city)


@pytest.fixture
def page(officer: Browser) -> str:
    """Enter a system and return its page."""
    return str(send(officer, "/agency/inventory/new", SYSTEM).location)


def send(browser: Browser, path: str, form: dict[str, str]) -> TestResponse:
    shown = hidden(browser.get(path)) if path.startswith("/doit/plans/") else {}
    return browser.post(path, {**hidden(browser.get("/console")), **shown, **form})


def first_link(browser: Browser, path: str) -> str:
    found = re.search(rf"{path}/[0-9a-f-]{{36}}", browser.get(path).text)
    assert found is not None
    return found[0]


@pytest.mark.clause("3-I")
def test_a_waiver_is_asked_granted_published_and_runs_out_for_everybody_to_see(
    city: City, officer: Browser, reviewer: Browser, page: str
) -> None:
    send(officer, f"{page}/waiver", WAIVER)
    send(reviewer, first_link(reviewer, "/doit/waivers"), {"decision": "grant", **WAIVER})
    published = city.call("/waivers").text
    city.wait(days=18)
    member = city.member_id("of.ficer")
    chief = city.member_id("rui.reviews")

    waiver_endings.run(city.sessions, now=city.now)
    waiver_endings.run(city.sessions, now=city.now)

    assert "讀卡設備明年汰換" in published
    assert "北市測字第 8 號" in published
    assert "舊借閱證" not in city.call("/waivers").text
    with city.database() as session:
        told = [
            each.payload["member"]
            for each in session.scalars(select(Job))
            if each.payload.get("template") == "waiver.ran_out"
        ]
        events = set(session.scalars(select(TrailEntry.event)))
    assert sorted(told) == sorted([str(member), str(chief)])
    assert {"waiver.requested", "waiver.grant", "waiver.ran_out"} <= events


@pytest.mark.clause("3-I")
def test_what_is_overdue_is_red_at_the_agency_and_at_the_bureau(
    city: City, officer: Browser, reviewer: Browser, page: str
) -> None:
    before = officer.get("/agency/inventory").text
    city.wait(days=9)
    staff.strengthen(city, city.member_id("of.ficer"))

    fresh = staff.sign_in(city, "of.ficer", city.member_id("of.ficer"))
    bureau = staff.sign_in(city, "rui.reviews", city.member_id("rui.reviews"))

    assert "逾期" not in before
    assert "逾期" in fresh.get("/agency/inventory").text
    assert "1 項逾期" in bureau.get("/doit/inventory").text
    send(fresh, f"{page}/status", {"status": "integrated"})
    assert "已整合 100%" in bureau.get("/doit/inventory").text


@pytest.mark.clause("3-II")
def test_a_plan_is_agreed_and_stands_on_the_public_page_with_steps_and_day(
    city: City, officer: Browser, reviewer: Browser, page: str
) -> None:
    send(officer, f"{page}/plan", PLAN)
    send(officer, f"{page}/plan/submit", LETTER)
    before = city.call("/sunset").text
    send(reviewer, first_link(reviewer, "/doit/plans"), {"decision": "approve"})
    published = city.call("/sunset", headers={"Accept-Language": "en"}).text
    without = send(officer, f"{page}/plan", PLAN | {"sunset_on": ""})

    assert "舊借閱證" not in before
    for words in ("Old library card", "31 January 2027", "Tell the holders", "What they hold"):
        assert words in published
    assert "落日日期不能空白" in without.text
    assert "分批歸戶" in officer.get(f"{page}/plan").text


@pytest.mark.refusal("waiver.not_granted")
def test_the_way_around_a_waiver_is_refused_and_said(
    officer: Browser, reviewer: Browser, page: str
) -> None:
    excused = send(officer, f"{page}/status", {"status": "exempted"})
    send(officer, f"{page}/waiver", WAIVER)
    waiver = first_link(reviewer, "/doit/waivers")
    unreasoned = send(reviewer, waiver, {"decision": "deny"})
    send(reviewer, waiver, {"decision": "deny", "reason": "設備可以先換"})

    assert "沒有經資訊局同意免整合" in excused.text
    assert unreasoned.status_code == 422
    assert "設備可以先換" in officer.get(page).text
    assert send(reviewer, waiver, {"decision": "nonsense"}).status_code == 404


def test_what_was_granted_can_be_ended_and_a_deadline_moved(
    city: City, officer: Browser, reviewer: Browser, page: str
) -> None:
    send(officer, f"{page}/waiver", WAIVER)
    waiver = first_link(reviewer, "/doit/waivers")
    send(reviewer, waiver, {"decision": "grant", **WAIVER})
    ended = send(reviewer, waiver, {"decision": "end"})
    deadline = page.replace("/agency", "/doit") + "/deadline"
    moved = send(reviewer, deadline, {"deadline": "2027-06-30"})
    wrong = send(reviewer, deadline, {"deadline": "soon"})

    assert (ended.status_code, moved.status_code) == (303, 303)
    assert "請選一個日期" in wrong.text
    assert "2027-06-30" in officer.get(page).text


def test_nobody_finds_another_agencys_systems(city: City, officer: Browser, page: str) -> None:
    city.register("museum", sector="museum.invalid", organisation=make.words("博物館", "Museum"))
    with city.database() as session:
        other = registry.get(session, "museum").organisation_id
    stranger = staff.sign_in(
        city,
        "other.one",
        staff.appoint(city, "other.one", Role.OFFICER, organisation_id=other),
    )

    assert stranger.get(page).status_code == 404
    assert send(stranger, f"{page}/status", {"status": "integrated"}).status_code == 404
    assert send(officer, page.replace("/agency", "/doit") + "/deadline", {}).status_code == 403
    assert send(officer, f"{page}/plan/submit", LETTER).status_code == 404


@pytest.mark.parametrize("value", HOSTILE)
def test_whatever_is_typed_is_never_our_mistake(
    city: City, officer: Browser, reviewer: Browser, page: str, value: str
) -> None:
    send(officer, f"{page}/waiver", WAIVER)
    for path, form in (
        ("/agency/inventory/new", SYSTEM),
        (f"{page}/status", {"status": ""}),
        (f"{page}/waiver", WAIVER),
        (f"{page}/plan", PLAN),
        (first_link(reviewer, "/doit/waivers"), {"decision": "grant", "until": ""}),
    ):
        kept = {"decision": form["decision"]} if "decision" in form else {}
        browser = reviewer if path.startswith("/doit") else officer
        sent = send(browser, path, dict.fromkeys(form, value) | kept)
        assert sent.status_code < 500
    with city.database() as session:
        assert len(session.scalars(select(IdentitySystem)).all()) <= 2


def test_the_day_a_plan_ends_is_said_when_it_has_come(
    city: City, officer: Browser, reviewer: Browser, page: str
) -> None:
    send(officer, f"{page}/plan", PLAN)
    send(officer, f"{page}/plan/submit", LETTER)
    send(reviewer, first_link(reviewer, "/doit/plans"), {"decision": "approve"})
    city.now += timedelta(days=100)

    assert "已落日" in city.call("/sunset").text
    assert "還能用" in city.call("/sunset?on=2026-12-01").text


@pytest.mark.clause("3-II")
@pytest.mark.refusal("milestone.evidence_missing")
def test_a_step_is_marked_as_done_for_everybody_to_see_and_taken_back(
    city: City, officer: Browser, reviewer: Browser, page: str
) -> None:
    send(officer, f"{page}/plan", PLAN)
    send(officer, f"{page}/plan/submit", LETTER)
    send(reviewer, first_link(reviewer, "/doit/plans"), {"decision": "approve"})
    city.wait(days=9)
    officer = staff.sign_in(city, "of.ficer", city.member_id("of.ficer"))
    late = (city.call("/sunset").text, officer.get("/agency/inventory").text)
    done = {
        "step": "2026-12-01 通知持卡人",
        "done_on": "2026-11-30",
        "evidence": "北市測字第 11 號",
    }
    refused = send(officer, f"{page}/milestones", {**done, "evidence": ""})
    hostile = {
        send(officer, f"{page}/milestones", dict.fromkeys(done, each)).status_code
        for each in HOSTILE
    }

    marked = send(officer, f"{page}/milestones", done)

    shown = city.call("/sunset").text
    seen = staff.an_officer(city, Role.AUDITOR, "au.ditor").get("/doit/inventory").text
    own = officer.get(page).text
    back = re.search(rf"{page}/milestones/[0-9a-f-]{{36}}/take-back", own)
    assert back is not None
    taken = send(officer, back[0], {})
    assert "日期已過，還沒完成" in late[0]
    assert "期程逾期 1 項" in late[1]
    assert "請寫文號或紀錄" in refused.text
    assert hostile <= {404, 413}
    assert (marked.status_code, taken.status_code) == (303, 303)
    assert "已完成：民國115年11月30日" in shown
    assert "日期已過" not in shown
    assert "北市測字第 11 號" not in shown
    assert "北市測字第 11 號" in seen
    assert send(officer, back[0], {}).status_code == 404
    with city.database() as session:
        events = set(session.scalars(select(TrailEntry.event)))
    assert {"milestone.done", "milestone.taken_back"} <= events
