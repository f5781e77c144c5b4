"""A guardian by law hands a ward a code, and the ward chooses the password (7(8))."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from audit.lines import Kind
from audit.models import LedgerLine
from members import guardians, proxies, register
from members.models import Evidence, GuardianLink, Relation
from members.proxy_models import Letter, Matter
from tests import make
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.web import recovering
from tests.web.outbox import World
from tests.web.recovering import NEW

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
SLIP = re.compile(r"(?:[2-9A-HJ-NP-Z]{4}-){3}[2-9A-HJ-NP-Z]{4}")


@pytest.fixture
def link_id(city: City) -> UUID:
    """Return the link by which mei.chen acts for a child."""
    child, parent = city.enrol("xiao.ming", birthdate="2015-05-05"), city.member_id()
    with city.database() as session:
        guardians.link(
            session,
            ward_id=child,
            guardian_id=parent,
            relation=Relation.PARENT,
            evidence=Evidence.HOUSEHOLD_REGISTER,
            until=city.now + timedelta(days=3650),
            now=city.now,
        )
        return session.scalars(select(GuardianLink.id)).one()


@pytest.fixture
def parent(city: City) -> Browser:
    browser = Browser(city)
    recovering.sign_in(browser, make.PASSWORD)
    return browser


def get_slip(browser: Browser, link_id: UUID) -> TestResponse:
    path = f"/account/guardians/for/{link_id}/password"
    return browser.submit(browser.get(path))


def kinds_of(city: City, login: str) -> list[str]:
    with city.database() as session:
        member = register.find_by_login(session, login)
        assert member is not None
        found = select(LedgerLine.kind).where(LedgerLine.member_id == member.id)
        return list(session.scalars(found))


@pytest.mark.clause("7(8)")
def test_a_guardians_code_lets_the_child_choose_a_password(
    city: City, parent: Browser, link_id: UUID
) -> None:
    assert "忘了密碼" in parent.get(f"/account/guardians/for/{link_id}").text
    shown = get_slip(parent, link_id)
    code = SLIP.search(shown.text)
    assert code is not None
    child = Browser(city)

    page = child.get("/recover/slip")
    done = child.submit(page, code=code[0], new_password=NEW, repeat_password=NEW)

    assert done.location == "/account/login?done=reset"
    assert recovering.sign_in(child, NEW, "xiao.ming").status_code == 303
    assert child.get("/account/password").status_code == 200  # nothing is restricted
    assert Kind.SLIP_GIVEN in kinds_of(city, "xiao.ming")
    assert Kind.GUARDIAN_GAVE_SLIP in kinds_of(city, "mei.chen")
    assert "recovery.slip_given" in World(city).told()
    assert "您的法定代理人 陳美玉" in child.get("/account/footprint").text


def test_a_slip_is_good_for_an_hour(city: City, parent: Browser, link_id: UUID) -> None:
    code = SLIP.search(get_slip(parent, link_id).text)
    assert code is not None
    city.wait(minutes=61)
    child = Browser(city)

    page = child.get("/recover/slip")

    late = child.submit(page, code=code[0], new_password=NEW, repeat_password=NEW)
    assert late.status_code == 422


def test_who_is_no_guardian_gets_no_code(city: City, link_id: UUID) -> None:
    city.enrol("da.wang")
    other = Browser(city)
    recovering.sign_in(other, make.PASSWORD, "da.wang")
    path = f"/account/guardians/for/{link_id}/password"

    assert other.get(path).status_code == 404
    assert other.post(path, hidden(other.get("/account"))).status_code == 404


def test_a_proxy_gets_no_code(city: City, parent: Browser) -> None:
    elder, proxy = city.enrol("elder.chen"), city.member_id()
    with city.database() as session:
        power_id = proxies.enter(
            session,
            principal_id=elder,
            proxy_id=proxy,
            matters=Matter,
            letter=Letter.PAPER,
            reference="1",
            starts_at=city.now,
            ends_at=city.now + timedelta(days=30),
            now=city.now,
        )

    assert parent.get(f"/account/guardians/for/{power_id}/password").status_code == 404
    assert "忘了密碼" not in parent.get(f"/account/guardians/for/{power_id}").text


@pytest.mark.clause("7(8)")
@pytest.mark.refusal("guardian.not_linked")
def test_who_only_assists_an_adult_gets_no_code(city: City, parent: Browser) -> None:
    adult, assistant = city.enrol("adult"), city.member_id()
    with city.database() as session:
        guardians.link(
            session,
            ward_id=adult,
            guardian_id=assistant,
            relation=Relation.ASSISTANT,
            evidence=Evidence.COURT_DECISION,
            until=None,
            now=city.now,
        )
        link_id = session.scalars(select(GuardianLink.id)).one()
    path = f"/account/guardians/for/{link_id}"

    page = parent.get(path)

    assert page.status_code == 200
    assert "忘了密碼" not in page.text
    assert parent.get(f"{path}/password").status_code == 404
    assert parent.post(f"{path}/password", hidden(parent.get("/account"))).status_code == 404
    assert "recovery.slip_given" not in World(city).told()


@pytest.mark.refusal("recovery.restricted")
def test_a_guardian_whose_own_password_came_by_mail_gets_no_code(city: City, link_id: UUID) -> None:
    recovering.reset_by_mail(Browser(city), World(city))
    browser = Browser(city)
    recovering.sign_in(browser)

    assert browser.get(f"/account/guardians/for/{link_id}/password").status_code == 403
