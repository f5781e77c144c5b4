"""A phone and a till in Chromium: the code is typed, and both show the same number."""

from itertools import count

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import inspection
from tests.journeys.chromium import LOCALES, PATIENCE_MS, Person
from tests.journeys.city import City
from tests.journeys.conftest import Arrive
from tests.journeys.scenes import log_in

pytestmark = [pytest.mark.slow, pytest.mark.browser]

expect.set_options(timeout=PATIENCE_MS)

NUMBERS = count(1)
BORN = {"yes": "1945-06-20", "no": "1990-04-01"}
WORDS = {
    ("zh-Hant-TW", "yes"): ("可享優惠", "可以享用"),
    ("zh-Hant-TW", "no"): ("這裡無法確認", "這裡無法確認"),
    ("en", "yes"): ("Yes", "The offer is yours"),
    ("en", "no"): ("Not confirmed", "Cannot be confirmed here"),
}
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


def type_code(page: Page, city: City, code: str) -> None:
    """Do as the clerk, or a scanner, does: the field has the focus, Enter sends."""
    page.goto(f"{city.cafe}/till")
    expect(page.locator("#code")).to_be_focused()
    page.keyboard.type(code.lower())
    page.keyboard.press("Enter")
    page.locator(".result").wait_for()


def require_sound(person: Person, name: str) -> None:
    assert list(inspection.faults(person.page, language=person.language, name=name)) == []


@pytest.mark.clause("10(4)")
@pytest.mark.parametrize("answer", BORN)
@pytest.mark.parametrize("language", LOCALES)
def test_phone_and_till_show_the_same_number(
    city: City, arrive: Arrive, language: str, answer: str
) -> None:
    guest, clerk = arrive(language, viewport=PHONE), arrive(language)
    code = hold_up_a_code(guest, city, BORN[answer])
    at_the_till, on_the_phone = WORDS[language, answer]

    type_code(clerk.page, city, code)

    expect(clerk.page.locator("#word")).to_have_text(at_the_till)
    number = clerk.page.locator(".compare b").inner_text()
    expect(guest.page.locator(".number b")).to_have_text(number)  # nobody touched the phone
    expect(guest.page.locator(".verdict")).to_have_text(on_the_phone)
    expect(clerk.page.locator("body")).not_to_contain_text("陳美玉")
    require_sound(clerk, f"till says {answer}")
    require_sound(guest, f"phone says {answer}")


@pytest.mark.clause("10(4)")
@pytest.mark.parametrize("language", LOCALES)
def test_without_javascript_a_button_shows_the_answer(
    city: City, arrive: Arrive, language: str
) -> None:
    guest, clerk = arrive(language, viewport=PHONE, java_script_enabled=False), arrive(language)
    code = hold_up_a_code(guest, city, BORN["yes"])
    type_code(clerk.page, city, code)

    guest.page.locator("#till-look").click()

    number = clerk.page.locator(".compare b").inner_text()
    expect(guest.page.locator(".number b")).to_have_text(number)
    guest.page.locator("#till-new").click()
    assert code_on(guest.page) != code


def test_a_code_that_ends_is_followed_by_a_new_one_by_itself(city: City, arrive: Arrive) -> None:
    guest = arrive(viewport=PHONE)
    before = hold_up_a_code(guest, city, BORN["yes"])
    guest.page.locator("#till-new").focus()

    city.provider.end_codes()

    expect(guest.page.locator(".till .code")).not_to_have_text(before)
    expect(guest.page.locator("#till-new")).to_be_focused()
    expect(guest.page.locator("#till-left")).to_contain_text("還有")
