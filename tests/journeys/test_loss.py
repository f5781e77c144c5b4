"""A loss reported without signing in: everything stops, and the member confirms it."""

from itertools import count

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.chromium import PATIENCE_MS
from tests.journeys.city import City
from tests.journeys.conftest import Arrive
from tests.journeys.scenes import log_in

pytestmark = [pytest.mark.slow, pytest.mark.browser]

expect.set_options(timeout=PATIENCE_MS)

NUMBERS = count(1)
BORN = "1990-04-01"


@pytest.fixture
def login_id(city: City) -> str:
    """Return a member who carries two things."""
    login = city.provider.enrol(f"loss.{next(NUMBERS)}", birthdate=BORN).login
    city.provider.bind_card(login, "我的識別卡")
    city.provider.bind(login, "我的手機")
    return login


def report(page: Page, city: City, login_id: str, birthdate: str) -> None:
    page.goto(city.provider.issuer)
    page.locator("a[href='/lost']").first.click()
    page.locator("#login_id").fill(login_id)
    page.locator("#birthdate").fill(birthdate)
    page.locator("#birthdate").press("Enter")
    page.wait_for_url("**/lost?done=yes")


def at_carriers(page: Page, city: City, login_id: str) -> None:
    page.goto(f"{city.provider.issuer}/account/login")
    log_in(page, login_id)
    page.wait_for_url("**/account")
    page.goto(f"{city.provider.issuer}/account/carriers")


@pytest.mark.clause("7(7)")
def test_a_loss_reported_without_login_stops_everything_and_is_confirmed(
    arrive: Arrive, city: City, login_id: str
) -> None:
    page = arrive().page
    report(page, city, login_id, "1990/04/01")

    at_carriers(page, city, login_id)
    expect(page.locator(".carrier .tag.bad")).to_have_count(2)
    expect(page.locator(".carrier .found")).to_have_count(2)
    page.locator(".carrier .notice button").first.click()
    page.wait_for_url("**done=lost")

    expect(page.locator(".carrier .found")).to_have_count(1)


@pytest.mark.clause("7(7)")
def test_who_guesses_wrongly_is_told_the_same_and_stops_nothing(
    arrive: Arrive, city: City, login_id: str
) -> None:
    page = arrive(java_script_enabled=False).page
    report(page, city, login_id, "1991-04-01")

    at_carriers(page, city, login_id)

    expect(page.locator(".carrier .tag.ok")).to_have_count(2)
