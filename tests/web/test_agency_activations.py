"""Members apply on their page, the agency decides, and both see what came of it (2(8)6)."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit.lines import Kind
from audit.models import LedgerLine, TrailEntry
from clients import registry
from clients.models import Organisation
from clients.officer_models import Role
from kernel.jobs import Job
from services import activations
from services.lifecycle_models import ServiceVersion
from services.models import Activation, Service
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.services import lives
from tests.services.city import suspended
from tests.services.publishing_people import BRANCH, PHOTO, a_form, confirmed
from tests.web import office, staff
from web import organisation_endings, service_closings

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
INDEX, MINE = "/agency/activations", "/account/services"
CODE = "swim_pass"


@pytest.fixture
def agency(city: City) -> UUID:
    with city.database() as session:
        agency_id = registry.get(session, "library").organisation_id
        service = lives.opened(session, agency_id, city.now, CODE)
        service.working_days = 5
    return agency_id


@pytest.fixture
def officer(city: City, agency: UUID) -> Browser:
    member_id = staff.appoint(city, "of.ficer", Role.OFFICER, organisation_id=agency)
    return staff.sign_in(city, "of.ficer", member_id)


@pytest.fixture
def mei(city: City, agency: UUID) -> Browser:  # its service
    browser = Browser(city)
    browser.sign_in()
    return browser


def apply(mei: Browser, wish: str = "open") -> TestResponse:
    path = f"{MINE}/{CODE}/{wish}"
    return mei.post(path, hidden(mei.get(path)))


def found(officer: Browser) -> str:
    """Return the path of the one application in the queue."""
    match = re.search(rf"{INDEX}/[0-9A-Z]{{8}}", officer.get(INDEX).text)
    assert match is not None
    return match[0]


def press(officer: Browser, step: str, **form: str) -> TestResponse:
    path = found(officer)
    return officer.post(f"{path}/{step}", {**hidden(officer.get(path)), **form})


def state_of(city: City, code: str = CODE) -> Activation | None:
    member_id = city.member_id()
    with city.database() as session:
        [noted] = activations.of_member(session, member_id, [code])
        return noted.state


def lines(city: City) -> list[str]:
    with city.database() as session:
        rows = session.scalars(select(LedgerLine.kind).order_by(LedgerLine.id)).all()
    wanted = {Kind.SERVICE_ASKED, Kind.SERVICE_DECIDED, Kind.NOTE_SETTLED, Kind.VIEWED}
    return [each for each in rows if each in {*wanted, Kind.SERVICE_WITHDRAWN, Kind.SERVICE_OVER}]


def mails(city: City) -> list[str]:
    with city.database() as session:
        jobs = session.scalars(select(Job).where(Job.kind == "mail.send").order_by(Job.id)).all()
    return [x.payload["template"] for x in jobs if not x.payload["template"].startswith("login")]


@pytest.mark.clause("2(8)6")
def test_a_member_applies_and_the_agency_approves(
    city: City, mei: Browser, officer: Browser
) -> None:
    shown = mei.get(f"{MINE}/{CODE}/open").text
    asked = apply(mei)
    waiting = mei.get(asked.location).text
    page = officer.get(found(officer)).text
    press(officer, "take")
    approved = press(officer, "approve")
    told = mei.get(MINE).text

    assert "住在臺北市" in shown
    assert "申請審核中" in waiting
    assert "2026-11-30" in waiting
    assert "陳美玉" in page
    assert "1990-04-01" in page  # the terms name the birth date
    assert "mei.chen@" not in page
    assert approved.status_code == 303
    assert state_of(city) is Activation.ACTIVATED
    assert "已開通</span>" in told
    assert f"{MINE}/{CODE}/end" in told
    assert mails(city)[-1] == "service.decided"
    assert lines(city)[0] == Kind.SERVICE_ASKED
    assert lines(city)[-1] == Kind.SERVICE_DECIDED
    assert Kind.VIEWED in lines(city)
    assert "沒有等待審核的申請" in officer.get(INDEX).text
    read = mei.get("/account/footprint").text
    assert re.search(r"<strong>本服務</strong>\s+<br>\s+決定了您申請的服務", read)  # not the member


@pytest.mark.clause("2(8)6")
def test_a_refusal_needs_a_reason_which_the_member_reads(
    city: City, mei: Browser, officer: Browser
) -> None:
    apply(mei)
    without = press(officer, "refuse")
    refused = press(officer, "refuse", reason="戶籍不在臺北市")
    page = mei.get(MINE).text

    assert 'id="reason-error"' in without.text
    assert refused.status_code == 303
    assert state_of(city) is Activation.NOT_ACTIVATED
    assert "戶籍不在臺北市" in page
    assert f"{MINE}/{CODE}/open" in page


def test_a_member_withdraws_and_may_apply_again(city: City, mei: Browser) -> None:
    apply(mei)
    again = apply(mei)
    page = mei.get(MINE)
    match = re.search(rf"{MINE}/applications/[0-9A-Z]{{8}}/withdraw", page.text)
    assert match is not None
    withdrawn = mei.post(match[0], hidden(page))

    assert again.status_code == 409
    assert withdrawn.status_code == 303
    assert "已撤回申請" in mei.get(withdrawn.location).text
    assert mei.post(f"{MINE}/applications/NOTHING/withdraw", hidden(page)).status_code == 404
    assert apply(mei).status_code == 303
    assert lines(city).count(Kind.SERVICE_WITHDRAWN) == 1


@pytest.mark.clause("2(8)2")
@pytest.mark.refusal("service.login_too_weak")
def test_a_card_service_is_not_applied_for_with_a_password(city: City, mei: Browser) -> None:
    with city.database() as session:
        version = session.scalars(select(ServiceVersion)).one()
        version.content = lives.terms(level=2).kept()
    now = city.now
    fresh = mei.get(f"{MINE}/{CODE}/open")
    city.now = now.replace(hour=now.hour + 1)
    later = mei.get(f"{MINE}/{CODE}/open")
    staff.strengthen(city, city.member_id())

    assert fresh.status_code == 403
    assert "/account/confirm" in later.location
    assert mei.get(f"{MINE}/{CODE}/open").status_code == 200


def test_a_service_that_is_not_offered_is_no_page(city: City, mei: Browser, agency: UUID) -> None:
    with city.database() as session:
        lives.drafted(session, agency, city.now, "secret_plan")

    assert mei.get(f"{MINE}/secret_plan/open").status_code == 404
    assert mei.get(f"{MINE}/nothing/open").status_code == 404
    assert mei.get(f"{MINE}/%00/open").status_code == 404
    assert mei.get(f"{MINE}/{CODE}/steal").status_code == 404


def test_an_officer_reviews_nothing_of_their_own(city: City, agency: UUID) -> None:
    member_id = staff.appoint(city, "of.ficer", Role.OFFICER, organisation_id=agency)
    officer = staff.sign_in(city, "of.ficer", member_id)
    apply(officer)
    page = officer.get(found(officer)).text

    assert "這是您自己的申請" in page
    assert 'id="approve_activation"' not in page
    assert 'role="alert"' in press(officer, "approve").text


@pytest.mark.clause("10-II")
@pytest.mark.refusal("service.finding_missing")
@pytest.mark.parametrize("right", ["not_activated", "activated"])
def test_a_disputed_note_is_looked_into_and_counts_again(
    city: City, mei: Browser, officer: Browser, right: str
) -> None:
    apply(mei)
    press(officer, "approve")
    mei.post(f"{MINE}/{CODE}/wrong", hidden(mei.get(MINE)))
    match = re.search(rf"{INDEX}/disputes/[0-9A-Z]{{8}}", officer.get(INDEX).text)
    assert match is not None
    form = hidden(officer.get(match[0]))
    nothing = officer.post(match[0], {**form, "state": "suspended"})
    settled = officer.post(match[0], {**form, "state": right})
    words = {"activated": "已開通</span>", "not_activated": "未開通</span>"}

    assert 'id="state-error"' in nothing.text
    assert settled.status_code == 303
    assert state_of(city) == right
    assert words[right] in mei.get(MINE).text
    assert mails(city)[-1] == "note.settled"
    assert officer.get(match[0]).status_code == 404


@pytest.mark.clause("6(3)")
def test_a_disputed_suspension_stands_or_is_given_back_and_nothing_else(
    city: City, mei: Browser, officer: Browser
) -> None:
    apply(mei)
    press(officer, "approve")
    with city.database() as session:
        suspended(session, city.member_id(), activations.get_service(session, CODE))
    mei.post(f"{MINE}/{CODE}/wrong", hidden(mei.get(MINE)))
    match = re.search(rf"{INDEX}/disputes/[0-9A-Z]{{8}}", officer.get(INDEX).text)
    assert match is not None
    page = officer.get(match[0])

    hides = officer.post(match[0], {**hidden(page), "state": "not_activated"})
    stands = officer.post(match[0], {**hidden(page), "state": "suspended"})

    assert 'value="not_activated"' not in page.text
    assert 'id="state-error"' in hides.text
    assert stands.status_code == 303
    assert state_of(city) == "suspended"


@pytest.mark.clause("2(8)6", "3-II")
def test_who_waits_is_told_that_the_service_closed(city: City, mei: Browser) -> None:
    apply(mei)
    with city.database() as session:
        activations.close_service(session, CODE, now=city.now)

    for _ in range(2):
        service_closings.run(city.sessions, now=city.now)

    page = mei.get(MINE).text
    assert "上次的申請被駁回" in page
    assert "理由：這項服務已經結束" in page
    assert mails(city).count("service.over") == 1
    assert "service.decided" not in mails(city)  # nobody decided, and nobody may apply again
    assert Kind.SERVICE_DECIDED not in lines(city)
    assert lines(city).count(Kind.SERVICE_OVER) == 1
    read = mei.get("/account/footprint").text
    assert "因為服務已經結束，駁回了您的申請（編號" in read
    assert "決定了您申請的服務" not in read
    with city.database() as session:
        entries = select(TrailEntry).where(TrailEntry.event == "activation.refuse")
        assert len(session.scalars(entries).all()) == 1


@pytest.mark.clause("10-II")
def test_a_dispute_about_a_closed_service_is_settled_as_of_its_last_day(
    city: City, mei: Browser, officer: Browser
) -> None:
    apply(mei)
    press(officer, "approve")
    mei.post(f"{MINE}/{CODE}/wrong", hidden(mei.get(MINE)))
    match = re.search(rf"{INDEX}/disputes/[0-9A-Z]{{8}}", officer.get(INDEX).text)
    assert match is not None
    with city.database() as session:
        activations.close_service(session, CODE, now=city.now)
    city.now += timedelta(days=1)
    officer = staff.sign_in(city, "of.ficer", city.member_id("of.ficer"))

    settled = officer.post(match[0], {**hidden(officer.get(match[0])), "state": "not_activated"})

    assert settled.status_code == 303
    assert state_of(city) == "not_activated"


@pytest.mark.clause("2(1)", "10-II")
def test_whose_dispute_is_left_by_an_agency_that_had_ended_before_is_told_so_too(
    city: City, agency: UUID, mei: Browser, officer: Browser
) -> None:
    apply(mei)
    press(officer, "approve")
    mei.post(f"{MINE}/{CODE}/wrong", hidden(mei.get(MINE)))
    with city.database() as session:
        ended = session.get_one(Organisation, agency)
        ended.ends_on, ended.ended_at = make.NOON.date(), city.now  # by an earlier version

    for _ in range(2):
        organisation_endings.run(city.sessions, now=city.now)

    assert mails(city).count("dispute.orphaned") == 1


@pytest.mark.clause("2(1)", "10-II")
@pytest.mark.parametrize("before", [True, False], ids=["closed before", "open"])
def test_whose_dispute_nobody_is_left_to_settle_is_told_so(
    city: City, agency: UUID, mei: Browser, officer: Browser, *, before: bool
) -> None:
    apply(mei)
    press(officer, "approve")
    mei.post(f"{MINE}/{CODE}/wrong", hidden(mei.get(MINE)))
    with city.database() as session:
        if before:
            activations.close_service(session, CODE, now=city.now)
        session.get_one(Organisation, agency).ends_on = make.NOON.date()

    for _ in range(2):
        organisation_endings.run(city.sessions, now=city.now)

    assert mails(city).count("dispute.orphaned") == 1
    page = mei.get(MINE).text
    assert "沒有機關能查明" in page
    assert f"{CODE}/wrong" not in page


def test_no_officer_settles_their_own_note(city: City, agency: UUID) -> None:
    member_id = staff.appoint(city, "of.ficer", Role.OFFICER, organisation_id=agency)
    officer = staff.sign_in(city, "of.ficer", member_id)
    office.note(city, CODE, member_id, "C-1")
    officer.post(f"{MINE}/{CODE}/wrong", hidden(officer.get(MINE)))
    match = re.search(rf"{INDEX}/disputes/[0-9A-Z]{{8}}", officer.get(INDEX).text)
    assert match is not None

    page = officer.post(match[0], {**hidden(officer.get(match[0])), "state": "activated"})

    assert 'id="state-error"' in page.text


@pytest.mark.clause("7(2)")
@pytest.mark.refusal("case.self_dealing")
def test_no_officer_decides_for_their_own_child(city: City, mei: Browser, officer: Browser) -> None:
    apply(mei)
    office.let_act_for(city, city.member_id("of.ficer"), city.member_id())

    approved, refused = press(officer, "approve"), press(officer, "refuse", reason="不符")

    assert {approved.status_code, refused.status_code} == {200}  # the page again, with why not
    assert 'id="reason-error"' in approved.text
    assert state_of(city) is None
    office.note(city, CODE, city.member_id(), "C-1")
    mei.post(f"{MINE}/{CODE}/wrong", hidden(mei.get(MINE)))
    match = re.search(rf"{INDEX}/disputes/[0-9A-Z]{{8}}", officer.get(INDEX).text)
    assert match is not None
    page = officer.post(match[0], {**hidden(officer.get(match[0])), "state": "not_activated"})
    assert 'id="state-error"' in page.text
    assert state_of(city) is Activation.ACTIVATED


def test_the_queue_shows_no_names_and_the_front_page_counts(mei: Browser, officer: Browser) -> None:
    apply(mei)

    assert "陳美玉" not in officer.get(INDEX).text
    assert "1 件等待處理" in officer.get("/console").text


def test_a_service_without_terms_or_days_can_be_applied_for(city: City, mei: Browser) -> None:
    with city.database() as session:
        service = session.scalars(select(Service).where(Service.code == CODE)).one()
        service.working_days = None
        session.delete(session.scalars(select(ServiceVersion)).one())

    assert apply(mei).status_code == 303
    assert "申請審核中" in mei.get(MINE).text


@pytest.mark.clause("5(4)")
def test_the_annex_form_is_filled_in_online_and_read_by_who_decides(
    city: City, mei: Browser, officer: Browser
) -> None:
    with city.database() as session:
        confirmed(session, a_form(session, activations.get_service(session, CODE)))
    path = f"{MINE}/{CODE}/open"
    page = mei.get(path)

    missing = mei.post(path, hidden(page))
    done = mei.post(path, {**hidden(page), PHOTO.key: "Mei", BRANCH.key: "總館"})
    read = officer.get(found(officer)).text

    assert BRANCH.necessity_zh in page.text
    assert missing.status_code == 422
    assert f'href="#{PHOTO.key}"' in missing.text
    assert done.status_code == 303
    assert BRANCH.label_zh in read
    assert "總館" in read
