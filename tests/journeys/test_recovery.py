"""A forgotten account and password: found, reset by mail, restricted for 72 hours, then normal."""

from datetime import timedelta
from itertools import count

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from kernel import clock
from members.models import Member
from tests.journeys import recovering
from tests.journeys.chromium import PATIENCE_MS
from tests.journeys.city import City
from tests.journeys.conftest import Arrive
from tests.journeys.scenes import log_in

pytestmark = [pytest.mark.slow, pytest.mark.browser]

expect.set_options(timeout=PATIENCE_MS)

NUMBERS = count(1)
NEW = "lanterns over the Keelung river"


@pytest.fixture
def login_id(city: City) -> str:
    return city.provider.enrol(f"recovering.{next(NUMBERS)}").login


def go(page: Page, city: City, path: str) -> None:
    page.goto(f"{city.provider.issuer}{path}")


def pass_the_restriction(city: City, login_id: str) -> None:
    """Let the 72 hours be over: the servers' clock is the machine's."""
    with city.provider.database() as session:
        member = session.scalars(select(Member).where(Member.login == login_id)).one()
        assert member.restricted_until is not None
        left = member.restricted_until - clock.now()
        assert timedelta(hours=71) < left <= timedelta(hours=72)
        session.execute(
            update(Member).where(Member.id == member.id).values(restricted_until=clock.now())
        )


@pytest.mark.clause("7(8)")
def test_a_forgotten_account_and_password_then_restricted_then_normal(
    arrive: Arrive, city: City, login_id: str
) -> None:
    page = arrive().page
    recovering.see_the_account(page, city, login_id)
    expect(page.locator("dd").first).to_contain_text(login_id)
    page.locator("a[href='/recover/password']").click()
    recovering.prove(page, city, login_id)
    recovering.choose(page, NEW)
    page.wait_for_url("**/account/login?done=reset_by_mail")

    log_in(page, login_id, NEW)
    page.wait_for_url("**/account")
    expect(page.locator("#needed")).to_be_visible()
    go(page, city, "/account/personal/contact")
    expect(page.locator("h1")).to_contain_text("這三天只憑密碼不能辦")

    pass_the_restriction(city, login_id)
    go(page, city, "/account/personal/contact")
    expect(page.locator("#submit_contact")).to_be_visible()
    go(page, city, "/account")
    expect(page.locator("#needed")).to_have_count(0)


@pytest.mark.clause("2(8)5")
def test_contact_data_are_changed_without_a_script(
    arrive: Arrive, city: City, login_id: str
) -> None:
    page = arrive(java_script_enabled=False).page
    go(page, city, "/account/login")
    log_in(page, login_id)
    page.wait_for_url("**/account")
    go(page, city, "/account/personal")
    page.locator("a[href='/account/personal/contact']").last.click()
    page.locator("#phone_number").fill("0912 345 678")
    page.locator("#submit_contact").click()
    page.wait_for_url("**/account/personal?done=saved")

    expect(page.locator("main")).to_contain_text("+886912345678")
