"""Every page in both languages, on a phone and a desk, light and dark: WCAG 2.2 AA, and more."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, StorageState

from tests.journeys.chromium import LOCALES, Person
from tests.journeys.city import City
from tests.journeys.conftest import Arrive
from tests.journeys.inspection import faults
from tests.journeys.scenes import REGULAR, SCENES, STRANGER, log_in, settle

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("browser")]

Remember = Callable[[str, str], StorageState | None]


@pytest.fixture(scope="package")
def remembered(running_city: City, browser: Browser) -> Remember:
    """Sign each kind of member in once a language; later they only bring their cookies."""
    known: dict[tuple[str, str], StorageState] = {}

    def remember(who: str, language: str) -> StorageState | None:
        if who == STRANGER:
            return None
        if (who, language) not in known:
            known[who, language] = _sign_in(running_city, browser, who, language)
        return known[who, language]

    return remember


def _sign_in(city: City, browser: Browser, who: str, language: str) -> StorageState:
    person = Person(browser, language)
    login = city.provider.enrol(f"{who}.{LOCALES[language]}").login
    person.page.goto(f"{city.provider.issuer}/account/login")
    log_in(person.page, login)
    person.page.wait_for_url("**/account")
    if who == REGULAR:
        settle(person.page, city)
    state = person.context.storage_state()
    person.close()
    return state


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("scene", SCENES)
def test_nothing_is_wrong_with(
    city: City, arrive: Arrive, remembered: Remember, scene: str, language: str
) -> None:
    there = SCENES[scene]
    state = remembered(there.who, language)
    person = arrive(language, storage_state=state, reduced_motion="reduce")

    there.enter(person.page, city)

    assert person.page.locator("html").get_attribute("lang") == language
    assert not list(faults(person.page, language=language, name=scene))
