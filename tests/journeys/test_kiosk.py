"""A library's computer and a phone in Chromium: no password is typed at the computer."""

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


def take_a_code(kiosk: Person, city: City) -> str:
    """Sit down at the library's computer and return the code it shows."""
    kiosk.page.goto(f"{city.library}/kiosk")
    kiosk.page.locator("#kiosk_begin").click()
    expect(kiosk.page.locator(".qr svg")).to_be_visible()
    return kiosk.page.locator("#kiosk_code").inner_text()


def scan(phone: Person, city: City, code: str) -> None:
    """Open the address in the picture, and sign in on the way."""
    login = city.provider.enrol(f"kiosk.{next(NUMBERS)}", name="陳美玉").login
    phone.page.goto(f"{city.provider.issuer}/device?code={code.replace('-', '')}")
    log_in(phone.page, login)
    expect(phone.page.locator("#device_code")).to_contain_text(code)


@pytest.mark.parametrize("language", LOCALES)
def test_the_computer_opens_the_card_when_the_phone_agreed(
    city: City, arrive: Arrive, language: str
) -> None:
    kiosk, phone = arrive(language), arrive(language, viewport=PHONE, java_script_enabled=False)
    code = take_a_code(kiosk, city)
    scan(phone, city, code)
    kiosk.page.locator("#kiosk_look").click()
    expect(kiosk.page.locator("[role=status]")).to_be_visible()

    phone.page.locator("#device_continue").click()
    phone.page.locator("#consent_allow").click()
    phone.page.wait_for_url(re.compile("state=approved"))
    kiosk.page.locator("#kiosk_look").click()

    kiosk.page.wait_for_url(f"{city.library}/card")
    expect(kiosk.page.locator(".holder")).to_contain_text("陳美玉")


def test_the_computer_says_that_the_phone_stopped_it(city: City, arrive: Arrive) -> None:
    kiosk, phone = arrive(), arrive(viewport=PHONE)
    scan(phone, city, take_a_code(kiosk, city))

    phone.page.locator("#device_stop").click()
    phone.page.wait_for_url(re.compile("state=stopped"))
    kiosk.page.locator("#kiosk_look").click()

    expect(kiosk.page.locator("h1")).to_contain_text("您選擇不提供資料")
