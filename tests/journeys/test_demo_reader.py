"""The demo's own reader in Chromium: cards of software, the card program's window for the PIN."""

import re

import pytest
from playwright.sync_api import Page, expect

from demo import wallet
from demo.city import personas
from tests.journeys import inspection
from tests.journeys.chromium import PATIENCE_MS
from tests.journeys.city import City
from tests.journeys.conftest import Arrive

pytestmark = [pytest.mark.slow, pytest.mark.browser]

expect.set_options(timeout=PATIENCE_MS)

LANGUAGES = ("zh-Hant-TW", "en")


@pytest.fixture
def page(arrive: Arrive, request: pytest.FixtureRequest) -> Page:
    person = arrive(getattr(request, "param", "zh-Hant-TW"))
    person.is_excused = True  # no program with real readers listens: the browser notes it
    return person.page


def lay(page: Page, city: City, kind: str, owner: str = "ji.wu") -> None:
    """Put a persona's card on the reader, as the start page offers."""
    page.goto(f"{city.provider.issuer}/demo")
    button = page.locator(f"form:has(input[value='{owner}/{kind}']) button")
    if button.count():
        button.click()
    page.locator("form[action$='/demo/reader'] button:not(.quiet)").wait_for()


def to_the_card(page: Page, url: str, kind: str) -> None:
    page.goto(url)
    page.locator(f"a[href$='/{kind}']").click()
    page.locator("#submit_card").wait_for()


def password_of(login_id: str) -> str:
    return next(each.password for each in personas() if each.login_id == login_id)


def press(page: Page) -> Page:
    """Press the button, and return the window that opens."""
    with page.context.expect_page() as opened:
        page.locator("#submit_card").click()
    return opened.value


@pytest.mark.parametrize("page", LANGUAGES, indirect=True)
def test_a_persona_signs_in_at_the_library_with_a_chip_card(page: Page, city: City) -> None:
    lay(page, city, "chip-card")
    to_the_card(page, f"{city.library}/login", "chip-card")

    window = press(page)
    window.locator("#pin").wait_for()
    expect(window.locator("#origin")).to_have_text(city.provider.issuer)
    expect(window.locator("#pin")).to_be_focused()
    language = str(page.locator("html").get_attribute("lang"))
    faults = list(inspection.faults(window, language=language, name="the card program"))
    assert not faults, faults
    window.locator("#pin").fill(wallet.PIN)
    with window.expect_event("close"):  # before the key is up again, if the machine is quick
        window.locator("#pin").evaluate("pin => pin.form.requestSubmit()")

    page.wait_for_url(re.compile(r"/consent|/card"))


def test_a_closed_window_lets_the_card_go_at_once(page: Page, city: City) -> None:
    lay(page, city, "chip-card", "guilai.cai")
    to_the_card(page, f"{city.provider.issuer}/account/login", "chip-card")

    window = press(page)
    window.locator("#pin").wait_for()
    window.close(run_before_unload=True)
    expect(page.locator("[data-trouble=window_closed]")).to_be_visible()
    again = press(page)
    again.locator("#pin").fill(wallet.PIN)
    again.locator("#ok").click()

    page.wait_for_url("**/account")


def test_cancelling_and_mistyping_are_told_apart(page: Page, city: City) -> None:
    lay(page, city, "chip-card")
    to_the_card(page, f"{city.provider.issuer}/account/login", "chip-card")

    window = press(page)
    window.locator("#pin").wait_for()
    window.locator("#no").click()
    expect(page.locator("[data-trouble=user_cancelled]")).to_be_visible()
    window = press(page)
    window.locator("#pin").fill("000000")
    window.locator("#ok").click()
    expect(page.locator("[data-trouble=pin_incorrect]")).to_be_visible()
    window = press(page)
    expect(window.locator("#left")).to_contain_text("2")
    window.locator("#pin").fill(wallet.PIN)
    window.locator("#ok").click()

    page.wait_for_url("**/account")


def test_the_citys_card_is_read_and_the_password_makes_it_stronger(page: Page, city: City) -> None:
    lay(page, city, "city-card", "minh.nguyen")
    to_the_card(page, f"{city.provider.issuer}/account/login", "card")

    page.locator("#password").fill(password_of("minh.nguyen"))
    page.locator("#submit_card").click()

    page.wait_for_url("**/account")


def test_the_page_waits_until_a_card_is_laid_on_the_reader(
    page: Page, city: City, arrive: Arrive
) -> None:
    other = arrive().page
    other.goto(f"{city.provider.issuer}/demo")
    taking = other.locator("form[action$='/demo/reader'] button:not(.quiet)")
    if taking.count():
        taking.click()
        taking.wait_for(state="detached")
    to_the_card(page, f"{city.provider.issuer}/account/login", "card")

    page.locator("#submit_card").click()
    expect(page.locator("[data-state=no_card]")).to_be_visible()
    lay(other, city, "city-card", "minh.nguyen")

    page.wait_for_url("**/account")
