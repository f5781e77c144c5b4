"""A change from the member's wish over a counter to the Bureau's decision, by people (4-I(3))."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit.lines import Kind
from audit.models import LedgerLine
from clients import registry
from clients.officer_models import Role
from members import register
from members.change_models import ChangeRequest, ChangeState
from members.models import Member
from tests import make
from tests.counters import town
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.web import office, recovering, staff
from tests.web.test_clerks import enter

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def reference(city: City) -> str:
    """Return the number of a wish for another name."""
    browser = Browser(city)
    recovering.sign_in(browser, make.PASSWORD)
    page = browser.get("/account/personal/change")
    browser.submit(page, field="name", wanted="陳美美")
    with city.database() as session:
        return session.scalars(select(ChangeRequest.reference)).one()


@pytest.fixture
def clerk(city: City) -> Browser:
    """Return the browser of a clerk at an open counter."""
    with city.database() as session:
        agency = registry.get(session, "library")
        town.a_town(session, agency=agency, ends_on=date(2027, 12, 31))
    return enter(city, "clerk")


def mei(city: City) -> tuple[Member, dict[str, Any]]:
    with city.database() as session:
        member = register.find_by_login(session, "mei.chen")
        assert member is not None
        return member, register.claims_of(member, keyring=make.KEYRING)


def state(city: City) -> ChangeState:
    with city.database() as session:
        return session.scalars(select(ChangeRequest.state)).one()


def seen(clerk: Browser, reference: str, *papers: str) -> TestResponse:
    found = clerk.submit(clerk.get("/clerk/changes"), reference=f" {reference.lower()} ")
    page = clerk.get(found.location)
    assert "陳美美" in page.text
    return clerk.post(page.request.path, {**hidden(page), "documents": list(papers)})


@pytest.mark.clause("2(8)5")
def test_a_clerk_sees_the_document_and_an_officer_decides(
    city: City, reference: str, clerk: Browser
) -> None:
    assert seen(clerk, reference, "idcard").location == "/clerk/changes?done=seen"
    assert "已記下" in clerk.get("/clerk/changes?done=seen").text
    officer = staff.an_officer(city)
    assert reference in officer.get("/doit/changes").text
    page = officer.get(f"/doit/changes/{reference}")
    assert "陳美玉" in page.text
    assert "陳美美" in page.text

    done = officer.submit(page, decision="grant", reason="照身分證")

    assert done.location == "/doit/changes?done=granted"
    assert "已變更" in officer.get(done.location).text
    member, claims = mei(city)
    assert claims["name"] == "陳美美"
    with city.database() as session:
        lines = select(LedgerLine.kind).where(LedgerLine.member_id == member.id)
        kinds = list(session.scalars(lines))
    assert kinds.count(Kind.VIEWED) == 2  # by the clerk, by the officer
    assert reference not in officer.get("/doit/changes").text


@pytest.mark.refusal("case.documents_missing")
def test_without_a_document_nothing_goes_on(city: City, reference: str, clerk: Browser) -> None:
    refused = seen(clerk, reference, "library_card")

    assert refused.status_code == 422
    assert "documents-error" in refused.text
    assert state(city) is ChangeState.ASKED
    officer = staff.an_officer(city)
    assert "grant_change" not in officer.get(f"/doit/changes/{reference}").text
    page = officer.get(f"/doit/changes/{reference}")
    assert officer.submit(page, decision="grant").status_code == 422
    assert officer.submit(page, decision="refuse").status_code == 422  # no reason
    assert officer.submit(page, decision="refuse", reason="文件不符").status_code == 303
    assert state(city) is ChangeState.REFUSED


def test_a_number_nobody_has_leads_nowhere(clerk: Browser) -> None:
    page = clerk.get("/clerk/changes")

    for typed in ("", "NOTHING2", "％", "x" * 300):
        assert clerk.submit(page, reference=typed).status_code == 404


@pytest.mark.clause("2(8)5")
def test_an_auditor_reads_what_was_before_and_decides_nothing(
    city: City, reference: str, clerk: Browser
) -> None:
    browser = Browser(city)
    recovering.sign_in(browser, make.PASSWORD)
    contact = browser.get("/account/personal/contact")
    browser.submit(contact, email="mei.chen@mail.invalid", phone_number="0911111111")
    auditor = staff.an_officer(city, Role.AUDITOR, "au.audits")

    page = auditor.get(f"/doit/changes/{reference}")

    assert "+886900000000" in page.text
    assert "grant_change" not in page.text
    refused = auditor.post(f"/doit/changes/{reference}", hidden(page))
    assert refused.status_code == 403
    officer = staff.an_officer(city)
    assert "+886900000000" not in officer.get(f"/doit/changes/{reference}").text


def test_who_has_no_post_sees_nothing(city: City, reference: str) -> None:
    browser = Browser(city)
    recovering.sign_in(browser, make.PASSWORD)
    staff.strengthen(city, city.member_id())

    for path in ("/doit/changes", f"/doit/changes/{reference}", "/clerk/changes"):
        assert browser.get(path).status_code == 403


@pytest.mark.clause("7(2)")
@pytest.mark.refusal("case.self_dealing")
def test_an_officer_does_not_decide_the_change_of_their_own_child(
    city: City, reference: str, clerk: Browser
) -> None:
    seen(clerk, reference, "idcard")
    officer = staff.an_officer(city)
    office.let_act_for(city, city.member_id("rui.reviews"), city.member_id())
    page = officer.get(f"/doit/changes/{reference}")

    refused = officer.submit(page, decision="grant", reason="照身分證")

    assert refused.status_code == 403
    assert state(city) is ChangeState.DOCUMENTED


@pytest.mark.clause("7(2)")
@pytest.mark.refusal("case.self_dealing")
def test_a_clerk_neither_reads_nor_notes_the_change_of_their_own_child(
    city: City, reference: str, clerk: Browser
) -> None:
    path = f"/clerk/changes/{reference}"
    page = clerk.get(path)
    with city.database() as session:
        own = register.find_by_login(session, "clerk")
        assert own is not None
        clerk_id = own.id
    office.let_act_for(city, clerk_id, city.member_id())

    refused = clerk.post(path, {**hidden(page), "documents": ["idcard"]})

    assert refused.status_code == 403
    assert clerk.get(path).status_code == 403
    assert state(city) is ChangeState.ASKED
