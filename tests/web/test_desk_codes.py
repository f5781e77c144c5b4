"""The code of a new member is printed for who came, and never for a proxy (2(8)1, 7(2))."""

import re

import pytest
from werkzeug.test import TestResponse

from audit.lines import Kind
from counters.case_models import CaseState
from members import application_decisions, approvals
from members.application_models import Application
from tests import make
from tests.flows.browser import Browser
from tests.flows.provider import City
from tests.web import office as offices
from tests.web.office import Office
from tests.web.test_case_letters import joining
from tests.web.test_desk_cases import bound_here, cards, finished
from tests.web.test_desk_intake import CHILD, JOINS, WITH_LETTER

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
__all__ = ["cards"]
CODE = re.compile(r"<dt>啟用碼</dt><dd>(.*?)</dd>")


@pytest.fixture
def office(city: City) -> Office:
    return offices.open_office(city)


def approve(office: Office) -> None:
    """Let the Bureau approve the one application there is."""
    with office.city.database() as session:
        application = session.query(Application).one()
        approval_id = approvals.by_bootstrap(session, now=office.city.now)
        application_decisions.approve(
            session,
            application.id,
            approval_id=approval_id,
            keyring=make.KEYRING,
            now=office.city.now,
        )


def printed(office: Office, number: str) -> TestResponse:
    return office.press(number, f"/counter/cases/{number}/code")


@pytest.mark.clause("2(8)1")
@pytest.mark.refusal("member.not_approved")
def test_a_childs_code_is_printed_once_the_bureau_approved_and_opens_the_account(
    office: Office,
) -> None:
    number = office.opened(*CHILD, age="child", **JOINS)
    early = printed(office, number)
    approve(office)

    code = CODE.search(printed(office, number).text)

    assert early.status_code == 403
    assert code
    browser = Browser(office.city)
    page = browser.get("/activate")
    secret = "lanterns over the river"
    done = browser.submit(
        page,
        code=code[1],
        birth_date="108/02/28",
        login_id="little.one",
        new_password=secret,
        repeat_password=secret,
    )
    assert done.status_code == 303, done.text
    again = printed(office, number)
    assert (again.status_code, CODE.search(again.text)) == (409, None)


def test_a_new_code_ends_the_one_before_and_is_in_the_footprint(office: Office) -> None:
    number = office.opened(*CHILD, age="child", **JOINS)
    approve(office)

    first, second = (CODE.search(printed(office, number).text) for _ in range(2))

    assert first
    assert second
    assert first[1] != second[1]
    member_id = office.case(number).member_id
    assert member_id is not None
    with office.city.database() as session:
        kinds = [row.kind for row in offices.lines_of(session, member_id)]
    assert kinds.count(Kind.SLIP_PRINTED) == 2


@pytest.mark.clause("7(2)")
@pytest.mark.refusal("activation.by_mail_only")
def test_a_proxy_gets_no_code(office: Office) -> None:
    number = office.opened(*WITH_LETTER, **joining(office))
    approve(office)

    refused = printed(office, number)

    assert refused.status_code == 403
    assert CODE.search(refused.text) is None
    assert office.case(number).state is CaseState.IN_PROCESS


@pytest.mark.refusal("case.wrong_state")
def test_other_cases_have_no_code(office: Office) -> None:
    assert printed(office, office.opened()).status_code == 409


@pytest.mark.clause("9")
@pytest.mark.refusal("case.wrong_state")
@pytest.mark.usefixtures("cards")
def test_no_code_is_printed_once_the_case_is_closed(office: Office) -> None:
    number = office.opened(*CHILD, age="child", **JOINS)
    approve(office)
    printed(office, number)
    bound_here(office, number)
    assert finished(office, number).status_code == 303

    late = printed(office, number)

    assert (late.status_code, CODE.search(late.text)) == (409, None)
