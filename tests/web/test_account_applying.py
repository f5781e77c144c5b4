"""A parent who is a member says yes online; a masked name is all they see (2(8)1)."""

import pytest
from sqlalchemy import delete, select
from werkzeug.test import TestResponse

from audit.lines import Kind
from audit.models import LedgerLine
from kernel.jobs import Job
from kernel.mail import NoPost
from kernel.working import Handler, do_one
from members import capacities, numbering, register
from members.application_models import Application
from members.models import Capacity
from members.numbers import recognise
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City, the_settings
from tests.members.applying import OTHER_NATIONAL
from tests.web.applicants import (
    CHILD,
    PARENT,
    WHO,
    apply,
    complete,
    fill_in,
    hand_in,
    send_back,
    the_application,
)
from web import application_mails, notices
from web.application_mails import ApplicationMailer, MemberWarner
from web.mails import Mail

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def parent(city: City, *, birthdate: str = "1980-01-01") -> Browser:
    with city.database() as session:
        member = make.a_member(session, "parent", password=make.PASSWORD, birthdate=birthdate)
        number = recognise(OTHER_NATIONAL)
        numbering.enter(session, member, number, keyring=make.KEYRING, now=city.now)
    browser = Browser(city)
    browser.log_in(browser.get("/account/login"), "parent")
    return browser


def agree(city: City, browser: Browser) -> int:
    return say_yes(city, browser, browser.get("/account/applying"))


def say_yes(city: City, browser: Browser, page: TestResponse) -> int:
    """Press the button of a page; return the answer's status."""
    path = f"/account/applying/{the_application(city).id}"
    return browser.post(path, hidden(page)).status_code


@pytest.mark.clause("2(8)1")
def test_the_parent_agrees_and_the_child_brings_no_signature(city: City) -> None:
    browser = parent(city)
    child, _, _ = apply(city, who=CHILD)
    assert "法定代理人簽名的同意書" in child.get("/track/application").text

    account, page = browser.get("/account").text, browser.get("/account/applying").text
    assert "寫您是法定代理人" in account
    assert "測○○號" in page
    assert "測試一號" not in page
    assert agree(city, browser) == 303

    shown = child.get("/track/application").text
    assert "法定代理人簽名的同意書" not in shown
    assert "法定代理人已經在線上同意" in shown
    with city.database() as session:
        kinds = session.scalars(select(LedgerLine.kind)).all()
    assert Kind.APPLICATION_AGREED in kinds
    assert "沒有等您同意的申請" in browser.get("/account/applying").text


@pytest.mark.refusal("case.wrong_state")
def test_a_yes_is_given_once_and_by_the_one_who_was_named(city: City) -> None:
    browser, other = parent(city), Browser(city)
    apply(city, who=CHILD)
    other.log_in(other.get("/account/login"))

    assert agree(city, other) == 409
    assert agree(city, browser) == 303
    assert agree(city, browser) == 409


@pytest.mark.clause("2(8)1")
@pytest.mark.refusal("case.wrong_state")
def test_a_yes_is_for_the_form_that_was_shown(city: City) -> None:
    browser = parent(city)
    child, _, _ = apply(city, who=CHILD)
    page = browser.get("/account/applying")
    send_back(city, "請確認姓名")
    child.post("/track/correct", hidden(child.get("/track/application")))
    complete(child, {**CHILD, "name": "別人"})
    hand_in(child)

    assert say_yes(city, browser, page) == 409

    assert the_application(city).guardian_approved_at is None
    assert agree(city, browser) == 303  # having seen the new one


@pytest.mark.refusal("guardian.not_adult")
def test_a_minor_and_who_has_a_guardian_agree_for_nobody(city: City) -> None:
    browser = parent(city, birthdate="2010-01-01")
    apply(city, who=CHILD)
    assert agree(city, browser) == 422

    with city.database() as session:
        member = register.find_by_login(session, "parent")
        assert member is not None
        capacities.note(
            session,
            member.id,
            Capacity.GUARDED,
            source="測試",
            declared_on=city.now.date(),
            now=city.now,
        )
    assert agree(city, browser) == 422


@pytest.mark.clause("2(8)1")
@pytest.mark.refusal("guardian.not_adult")
@pytest.mark.parametrize(("relation", "status"), [("parent", 303), ("guardian", 422)])
def test_who_is_under_assistance_stays_a_parent_and_is_nobodys_guardian(
    city: City, relation: str, status: int
) -> None:
    browser = parent(city)
    with city.database() as session:
        capacities.note(
            session,
            city.member_id("parent"),
            Capacity.ASSISTED,
            source="測試",
            declared_on=city.now.date(),
            now=city.now,
        )
    child = Browser(city)
    complete(child, CHILD)
    fill_in(child, "guardian", {**PARENT, "relation": relation})
    hand_in(child)

    assert agree(city, browser) == status


@pytest.mark.refusal("case.wrong_state")
def test_an_assistant_is_named_and_asked_for_no_yes(city: City) -> None:
    browser, assisted = parent(city), Browser(city)
    complete(assisted, {**WHO, "declared": "assisted"})
    court = {"decree": "測試輔宣字第 1 號", "declared_on": "114/3/1"}
    assert "guardian_number" in assisted.get("/apply/guardian").text
    fill_in(assisted, "guardian", {**PARENT, **court, "relation": ""})
    assert "輔助人" in assisted.get("/apply/review").text
    hand_in(assisted)

    assert agree(city, browser) == 409

    assert "沒有等您同意的申請" in browser.get("/account/applying").text
    assert "等您同意" not in browser.get("/account").text
    work_off(city)
    assert warned(city) == []


def test_the_parent_is_written_to_when_the_child_has_applied(city: City) -> None:
    parent(city)
    apply(city, who=CHILD)

    work_off(city)

    assert warned(city) == [the_guardian(city)]


def test_a_letter_that_cannot_leave_warns_the_parent_once(city: City) -> None:
    parent(city)
    apply(city, who=CHILD)

    for _ in range(3):
        work_off(city)  # there is no mail: the applicant's letter is tried again and again
        city.wait(minutes=2)

    assert warned(city) == [the_guardian(city)]


def test_what_an_older_node_asked_for_warns_the_parent_once(city: City) -> None:
    parent(city)
    apply(city, who=CHILD)
    with city.database() as session:
        session.execute(delete(Job).where(Job.kind == application_mails.WARNING))
        letter = session.scalars(select(Job).where(Job.kind == application_mails.KIND)).one()
        letter.payload = {name: letter.payload[name] for name in ("application", "state")}

    for _ in range(3):
        work_off(city)  # each attempt but the first is of a letter that warned already
        city.wait(minutes=2)

    assert warned(city) == [the_guardian(city)]


def test_a_parent_whom_the_corrected_form_names_is_written_to(city: City) -> None:
    parent(city)
    applicant, _, _ = apply(city, who={**CHILD, "birth_date": "1990-01-01"})
    send_back(city, "請確認生日")
    applicant.post("/track/correct", hidden(applicant.get("/track/application")))
    complete(applicant, CHILD)
    hand_in(applicant)

    work_off(city)

    assert the_guardian(city) in warned(city)


def work_off(city: City) -> None:
    """Let the worker try its letters where no mail leaves."""
    handlers: dict[str, Handler] = {
        application_mails.KIND: ApplicationMailer(
            city.sessions, make.KEYRING, the_settings(), NoPost()
        ),
        application_mails.WARNING: MemberWarner(city.sessions, make.KEYRING),
    }
    while do_one(city.sessions, handlers, now=city.now):
        pass


def warned(city: City) -> list[str]:
    """Return the members who are written to because a ward applies."""
    with city.database() as session:
        jobs = session.scalars(select(Job).where(Job.kind == notices.KIND)).all()
    letters = [each.payload for each in jobs if each.payload["template"] == Mail.WARD_APPLIES]
    return [each["member"] for each in letters]


def the_guardian(city: City) -> str:
    with city.database() as session:
        return str(session.scalars(select(Application.guardian_id)).one())
