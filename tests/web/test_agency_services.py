"""A service's life on pages: the agency drafts, DoIT approves, the agency opens and ends (3-II)."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit.models import TrailEntry
from clients import organisations, registry
from clients.models import Body
from clients.officer_models import Role
from kernel.jobs import Job
from kernel.wording import Bilingual
from kernel.working import do_one
from services import activations
from services.lifecycle_models import ServiceVersion
from services.models import Service, ServiceState
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.web import office, staff
from web import organisation_endings, service_closings
from web.service_closings import HolderTeller

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
INDEX, QUEUE = "/agency/services", "/doit/services"
FORM = {
    "code": "swim_pass",
    "name_zh": "游泳證",
    "name_en": "Swim pass",
    "text_zh": "到市立泳池",
    "text_en": "For the pools",
    "eligibility_zh": "住在臺北市",
    "eligibility_en": "Lives in Taipei",
    "fee_zh": "免費",
    "fee_en": "None",
    "level": "1",
    "claims": "birthdate",
    "papers_adult_zh": "身分證",
    "papers_adult_en": "Identity card",
}


@pytest.fixture
def officer(city: City) -> Browser:
    with city.database() as session:
        agency = registry.get(session, "library").organisation_id
    member_id = staff.appoint(city, "of.ficer", Role.OFFICER, organisation_id=agency)
    return staff.sign_in(city, "of.ficer", member_id)


def send(officer: Browser, path: str, form: dict[str, str] | None = None) -> TestResponse:
    return officer.post(INDEX + path, {**hidden(officer.get(INDEX)), **(form or {})})


def waiting(reviewer: Browser) -> str:
    """Return the path of the version that waits longest."""
    found = re.search(rf"{QUEUE}/[0-9a-f-]{{36}}", reviewer.get(QUEUE).text)
    assert found is not None
    return found[0]


def decide(reviewer: Browser, decision: str, **form: str) -> TestResponse:
    path = waiting(reviewer)
    return reviewer.post(path, {**hidden(reviewer.get(path)), "decision": decision, **form})


def service(city: City) -> Service:
    with city.database() as session:
        return activations.get_service(session, "swim_pass")


@pytest.mark.clause("3-II", "6(4)", "7(5)")
def test_a_service_goes_from_draft_to_open_through_two_persons(
    city: City, officer: Browser
) -> None:
    reviewer = staff.an_officer(city)
    drafted = send(officer, "/new", FORM)
    numberless = send(officer, "/swim_pass/submit")
    send(officer, "/swim_pass/submit", {"document_number": "北市測字第 1 號"})
    sent_back = decide(reviewer, "return", reason="費用要寫清楚")
    told = officer.get(drafted.location).text
    send(officer, "/swim_pass/edit", {**FORM, "fee_zh": "每次 100 元", "fee_en": "NT$100 a visit"})
    send(officer, "/swim_pass/submit", {"document_number": "北市測字第 2 號"})
    approved = decide(reviewer, "approve", effective_on="2026-11-23")
    opened = send(officer, "/swim_pass/open")

    assert 'id="document_number-error"' in numberless.text
    assert "費用要寫清楚" in told
    codes = [each.status_code for each in (drafted, sent_back, approved, opened)]
    assert codes == [303] * 4
    assert service(city).state is ServiceState.OPEN
    with city.database() as session:
        events = list(session.scalars(select(TrailEntry.event).order_by(TrailEntry.id)))
    assert [each for each in events if each.startswith("service.")] == [
        "service.drafted",
        "service.submit",
        "service.version_returned",
        "service.redrafted",
        "service.submit",
        "service.version_approved",
        "service.open",
    ]


def test_the_reviewer_sees_what_is_different(city: City, officer: Browser) -> None:
    reviewer = staff.an_officer(city)
    send(officer, "/new", FORM)
    send(officer, "/swim_pass/submit", {"document_number": "1"})
    decide(reviewer, "approve", effective_on="2026-11-23")
    send(officer, "/swim_pass/edit", {**FORM, "level": "2"})
    send(officer, "/swim_pass/submit", {"document_number": "2"})

    page = reviewer.get(waiting(reviewer)).text

    assert page.count("不同</span>") == 1
    assert "現行的內容" in page


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"code": "Swim Pass"}, "code"),
        ({"code": "\x00"}, "code"),
        ({"name_en": ""}, "name_zh"),
        ({"text_zh": ""}, "text_zh"),
        ({"level": "٣"}, "text_zh"),
        ({"claims": "case_content"}, "text_zh"),
    ],
)
def test_a_form_that_leaves_something_open_is_shown_again(
    officer: Browser, form: dict[str, str], field: str
) -> None:
    page = send(officer, "/new", {**FORM, **form})

    assert page.status_code == 200
    assert f'id="{field}-error"' in page.text
    assert "到市立泳池" in page.text or "text_zh" in form


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"decision": "approve", "effective_on": "2026-11-22"}, "effective_on"),
        ({"decision": "approve", "effective_on": "soon"}, "effective_on"),
        ({"decision": "return"}, "reason"),
        ({"decision": "\x00"}, "reason"),
    ],
)
def test_a_decision_needs_its_day_or_its_reason(
    city: City, officer: Browser, form: dict[str, str], field: str
) -> None:
    reviewer = staff.an_officer(city)
    send(officer, "/new", FORM)
    send(officer, "/swim_pass/submit", {"document_number": "1"})

    page = decide(reviewer, **form)

    assert f'id="{field}-error"' in page.text
    assert service(city).state is ServiceState.DRAFT


def test_who_wrote_a_version_sees_no_buttons(city: City, officer: Browser) -> None:
    send(officer, "/new", FORM)
    send(officer, "/swim_pass/submit", {"document_number": "1"})
    reviewer_id = staff.appoint(city, "rui.reviews", Role.REVIEWER)
    with city.database() as session:
        session.scalars(select(ServiceVersion)).one().drafted_by = reviewer_id
    reviewer = staff.sign_in(city, "rui.reviews", reviewer_id)

    assert 'id="approve_terms"' not in reviewer.get(waiting(reviewer)).text


@pytest.mark.clause("3-II", "10-II")
def test_an_announced_end_is_told_to_every_holder_and_comes_by_the_clock(
    city: City, officer: Browser
) -> None:
    code, _ = office.two_services(city)
    office.note(city, code, city.member_id(), "C-1")
    past = send(officer, f"/{code}/end", {"closes_on": "2026-11-23"})
    announced = send(officer, f"/{code}/end", {"closes_on": "2026-11-24"})
    handlers = {service_closings.KIND: HolderTeller(city.sessions)}

    done = [do_one(city.sessions, handlers, now=city.now) for _ in range(2)]
    service_closings.run(city.sessions, now=city.now + timedelta(days=1))

    assert 'id="closes_on-error"' in past.text
    assert announced.status_code == 303
    assert done == [True, False]
    with city.database() as session:
        mails = [
            each.payload for each in session.scalars(select(Job).where(Job.kind == "mail.send"))
        ]
        closed = activations.get_service(session, code).state
    told = [each["member"] for each in mails if each["template"] == "service.ends"]
    assert told == [str(city.member_id())]
    assert closed is ServiceState.CLOSED


@pytest.mark.clause("2(1)", "3-II")
def test_every_holder_of_what_closed_at_once_is_told_that_it_is_closed(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_closings, "PAGE", 1)
    code, _ = office.two_services(city)
    people = [city.member_id(), city.enrol("another.one")]
    for each in people:
        office.note(city, code, each, "C-1")
    with city.database() as session:
        registry.get(session, "library").organisation.ends_on = city.now.date()
    handlers = {service_closings.KIND: HolderTeller(city.sessions)}

    organisation_endings.run(city.sessions, now=city.now)
    while do_one(city.sessions, handlers, now=city.now):
        pass

    with city.database() as session:
        jobs = session.scalars(select(Job.payload).where(Job.kind == "mail.send")).all()
    told = [(each["member"], each["template"]) for each in jobs]
    assert sorted(told) == sorted((str(each), "service.ended") for each in people)


def test_holders_are_told_page_by_page(
    city: City, officer: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_closings, "PAGE", 1)
    code, _ = office.two_services(city)
    people = [city.member_id(), city.enrol("another.one")]
    for each in people:
        office.note(city, code, each, "C-1")
    send(officer, f"/{code}/end", {"closes_on": "2026-11-24"})
    handlers = {service_closings.KIND: HolderTeller(city.sessions)}

    while do_one(city.sessions, handlers, now=city.now):
        pass

    with city.database() as session:
        jobs = session.scalars(select(Job).where(Job.kind == "mail.send")).all()
        told = {
            UUID(each.payload["member"])
            for each in jobs
            if each.payload["template"] == "service.ends"
        }
    assert told == set(people)


def test_another_agencys_service_is_no_page(city: City, officer: Browser) -> None:
    name = Bilingual("測試體育局", "Test Sports")
    with city.database() as session:
        other = organisations.enter(session, name, Body.DEPARTMENT, now=city.now).id
    member_id = staff.appoint(city, "other.officer", Role.MANAGER, organisation_id=other)
    stranger = staff.sign_in(city, "other.officer", member_id)
    send(officer, "/new", FORM)

    assert stranger.get(f"{INDEX}/swim_pass").status_code == 404
    assert stranger.get(f"{INDEX}/%00").status_code == 404
    assert "swim_pass" not in stranger.get(INDEX).text
    assert "swim_pass" in officer.get(INDEX).text
    assert "到市立泳池" in officer.get(f"{INDEX}/swim_pass/edit").text
    assert officer.get(f"{INDEX}/new").status_code == 200
