"""A phone that shows a code in Chromium."""

from itertools import count

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.chromium import PATIENCE_MS, Person
from tests.journeys.city import City
from tests.journeys.conftest import Arrive
from tests.journeys.scenes import log_in

pytestmark = [pytest.mark.slow, pytest.mark.browser]

expect.set_options(timeout=PATIENCE_MS)

NUMBERS = count(1)
PHONE = {"width": 390, "height": 844}


def hold_up_a_code(person: Person, city: City, born: str) -> str:
    """Sign in on a phone as somebody born that day and show a code; return it."""
    page = person.page
    login = city.provider.enrol(f"guest.{next(NUMBERS)}", birthdate=born).login
    page.goto(f"{city.provider.issuer}/account/login")
    log_in(page, login)
    page.wait_for_url("**/account")
    page.goto(f"{city.provider.issuer}/account/show")
    page.locator("#till-new").click()
    return code_on(page)


def code_on(page: Page) -> str:
    expect(page.locator(".paper svg")).to_be_visible()
    return page.locator(".till .code").inner_text()


def test_a_code_that_ends_is_followed_by_a_new_one_by_itself(city: City, arrive: Arrive) -> None:
    guest = arrive(viewport=PHONE)
    before = hold_up_a_code(guest, city, "1945-06-20")
    guest.page.locator("#till-new").focus()

    city.provider.end_codes()

    expect(guest.page.locator(".till .code")).not_to_have_text(before)
    expect(guest.page.locator("#till-new")).to_be_focused()
    expect(guest.page.locator("#till-left")).to_contain_text("還有")
