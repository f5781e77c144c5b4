"""The account page of services: what is on record, and saying that it is wrong."""

import pytest
from sqlalchemy import select

from audit.lines import Kind
from audit.models import LedgerLine
from members.models import Member
from services import activations
from services.models import Activation
from tests.flows.browser import Browser, hidden
from tests.flows.provider import City
from tests.services import city as services

PAGE = "/account/services"


@pytest.fixture
def mei(city: City) -> Browser:
    """Sign in a member whose senior card an agency noted as not activated."""
    with city.database() as session:
        agency = services.an_agency(session, "notes")
        member = session.scalars(select(Member).where(Member.login == "mei.chen")).one()
        services.noted(session, agency, member, "senior_card", Activation.NOT_ACTIVATED)
        services.noted(session, agency, member, "library_card")
    browser = Browser(city)
    browser.sign_in()
    return browser


@pytest.mark.clause("10-II")
def test_the_page_tells_active_not_active_and_no_record_apart(mei: Browser) -> None:
    page = mei.get(PAGE).text

    assert page.count("已開通</span>") == 1
    assert page.count("未開通</span>") == 1
    assert page.count("沒有紀錄</span>") == page.count("權利不受影響</p>") == 2


@pytest.mark.clause("10-II")
def test_a_member_says_that_a_note_is_wrong_and_it_is_no_longer_a_no(
    mei: Browser, city: City
) -> None:
    response = mei.post(f"{PAGE}/senior_card/wrong", hidden(mei.get(PAGE)))
    page = mei.get(response.location).text

    assert response.status_code == 303
    assert "已記下" in page
    assert "資料不一致</span>" in page
    assert page.count(f"{PAGE}/library_card/wrong") == 1
    assert f"{PAGE}/senior_card/wrong" not in page
    with city.database() as session:
        lines = session.scalars(
            select(LedgerLine).where(LedgerLine.kind == Kind.NOTE_DISPUTED)
        ).all()
        assert len(lines) == 1


def test_what_was_never_noted_cannot_be_said_to_be_wrong(mei: Browser) -> None:
    form = hidden(mei.get(PAGE))

    assert mei.post(f"{PAGE}/low_income/wrong", form).status_code == 404
    assert mei.post(f"{PAGE}/nothing/wrong", form).status_code == 404


def test_only_our_own_form_says_so(mei: Browser) -> None:
    assert mei.post(f"{PAGE}/senior_card/wrong", {}).status_code == 403


def test_a_stranger_has_no_services(city: City) -> None:
    assert Browser(city).get(PAGE).location == "/account/login"


@pytest.mark.clause("10-II")
def test_a_closed_service_is_told_to_who_has_it_and_to_nobody_else(
    mei: Browser, city: City
) -> None:
    with city.database() as session:
        for code in ("senior_card", "low_income"):
            activations.close_service(session, code, now=city.now)

    page = mei.get(PAGE).text

    assert page.count("結束，不再受理新的申請。您已經取得的權利不受影響。") == 1
    assert page.count("沒有紀錄</span>") == 1
