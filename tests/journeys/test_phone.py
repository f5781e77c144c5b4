"""A computer and a phone in Chromium: scan the code, type the number, the computer goes on."""

import re
from itertools import count

import pytest
from playwright.sync_api import expect

from tests.journeys.chromium import LOCALES, PATIENCE_MS, Person
from tests.journeys.city import City
from tests.journeys.conftest import Arrive
from tests.journeys.scenes import log_in

pytestmark = [pytest.mark.slow, pytest.mark.browser]

expect.set_options(timeout=PATIENCE_MS)
NUMBERS = count(1)
PHONE = {"width": 390, "height": 844}


def show_a_code(desk: Person, city: City) -> str:
    """Come from the library and choose the phone; return the code."""
    desk.page.goto(city.request(prompt="login"))
    desk.page.locator("form[action$='/phone'] button").click()
    expect(desk.page.locator(".paper svg")).to_be_visible()
    return desk.page.locator("#phone_code").inner_text()


def scan(phone: Person, city: City, code: str) -> None:
    """Open the address in the picture, and sign in on the way."""
    login = city.provider.enrol(f"phone.{next(NUMBERS)}", name="陳美玉").login
    phone.page.goto(f"{city.provider.issuer}/phone?code={code.replace(' ', '')}")
    log_in(phone.page, login)
    expect(phone.page.locator("#phone_approve")).to_be_visible()


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("scripts", [True, False])
def test_the_computer_goes_on_when_the_phone_agreed(
    city: City, arrive: Arrive, language: str, *, scripts: bool
) -> None:
    desk = arrive(language, java_script_enabled=scripts)
    phone = arrive(language, viewport=PHONE, java_script_enabled=scripts)
    code = show_a_code(desk, city)
    scan(phone, city, code)

    phone.page.locator("#number").fill(desk.page.locator("#phone_number b").inner_text())
    phone.page.locator("#phone_approve").click()
    phone.page.wait_for_url(re.compile("state=approved"))
    if not scripts:
        desk.page.locator("#phone_look").click()
    expect(desk.page.locator("#phone")).to_contain_text("陳○玉")
    if scripts:
        expect(desk.page.locator("#phone_go_on")).to_be_focused()
    desk.page.locator("#phone_go_on").click()

    desk.page.wait_for_url("**/consent")


def test_the_computer_says_that_the_phone_stopped_it(city: City, arrive: Arrive) -> None:
    desk, phone = arrive(), arrive(viewport=PHONE)
    scan(phone, city, show_a_code(desk, city))

    phone.page.locator("#phone_stop").click()

    phone.page.wait_for_url(re.compile("state=stopped"))
    expect(desk.page.locator("#phone")).to_contain_text("手機上擋下了")
    desk.page.locator("#phone_renew").click()
    expect(desk.page.locator(".paper svg")).to_be_visible()
