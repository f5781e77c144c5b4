"""A public page and the card program: Chromium lets them speak if its person says so.

Our pages are on this computer here, so Chromium is told to take them for the Internet's.
"""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.cards.farm import Farm
from tests.journeys import desk as desks
from tests.journeys.chromium import CHROMIUM, PATIENCE_MS, SWITCHES, Person
from tests.journeys.city import City
from tests.journeys.desk import Desk

pytestmark = [pytest.mark.slow, pytest.mark.browser]

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture
def person(browser: Browser, city: City) -> Iterator[Person]:
    """Sit down at a browser for which the provider is far away."""
    port = urlsplit(city.provider.issuer).port
    far = f"--ip-address-space-overrides=127.0.0.1:{port}=public"
    started = browser.browser_type.launch(executable_path=CHROMIUM, args=[*SWITCHES, far])
    try:
        yield Person(started)
    finally:
        started.close()


@pytest.fixture
def desk(city: City, farm: Farm, tmp_path: Path) -> Iterator[Desk]:
    with desks.a_desk(city, farm, tmp_path) as desk:
        desk.insert("piv_card", desks.chip())
        yield desk


def say_yes(person: Person) -> None:
    """Answer Chromium's question for this person's context."""
    target = person.context.new_cdp_session(person.page).send("Target.getTargetInfo")
    granted = {
        "permissions": ["loopbackNetwork"],
        "browserContextId": target["targetInfo"]["browserContextId"],
    }
    assert person.context.browser is not None
    person.context.browser.new_browser_cdp_session().send("Browser.grantPermissions", granted)


def press(person: Person, city: City) -> None:
    person.page.goto(f"{city.provider.issuer}/account/login/chip-card")
    person.page.locator("#submit_card").click()


def test_where_the_person_says_yes_the_page_speaks_to_the_program(
    person: Person, city: City, desk: Desk
) -> None:
    say_yes(person)

    press(person, city)

    expect(person.page.locator("#errors")).to_be_visible()  # nobody's card, but it signed
    assert desk.farm.get(0, "signed") == 1


def test_where_the_person_says_no_the_programs_window_speaks_for_the_page(
    person: Person, city: City, desk: Desk
) -> None:
    press(person, city)

    expect(person.page.locator("[data-trouble=no_program]")).to_be_visible()
    assert desk.farm.get(0, "signed") == 0
    person.page.locator("#open_window").click()

    expect(person.page.locator("#errors")).to_be_visible()
    assert desk.farm.get(0, "signed") == 1
