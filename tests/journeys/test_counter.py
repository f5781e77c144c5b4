"""A counter asks in Chromium's stead; the member's phone answers with a typed number (CIBA)."""

import re
from itertools import count

import pytest
from playwright.sync_api import expect

from tests.journeys.chromium import LOCALES, PATIENCE_MS
from tests.journeys.city import LIBRARY, City
from tests.journeys.conftest import Arrive
from tests.journeys.scenes import log_in

pytestmark = [pytest.mark.slow, pytest.mark.browser]

expect.set_options(timeout=PATIENCE_MS)
NUMBERS = count(1)
PHONE = {"width": 390, "height": 844}


@pytest.mark.parametrize("language", LOCALES)
def test_a_member_finds_the_question_and_answers_it(
    city: City, arrive: Arrive, language: str
) -> None:
    phone = arrive(language, viewport=PHONE, java_script_enabled=False)
    login = city.provider.enrol(f"at.counter.{next(NUMBERS)}", name="陳美玉").login
    city.provider.ask_at_counter(login, client_id=LIBRARY)
    phone.page.goto(f"{city.provider.issuer}/account/login")
    log_in(phone.page, login)

    phone.page.locator("main a[href*='/account/asked/']").click()
    phone.page.locator("#number").fill("42")
    phone.page.locator("#asked_approve").click()
    phone.page.locator("#consent_allow").click()

    phone.page.wait_for_url(re.compile("state=approved"))
