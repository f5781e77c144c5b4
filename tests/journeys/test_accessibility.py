"""Every page in both languages, on a phone and a desk, light and dark: WCAG 2.2 AA, and more."""

import pytest
from playwright.sync_api import Browser, Page, StorageState

from tests.journeys.chromium import LOCALES, Person, same_in_english
from tests.journeys.city import City
from tests.journeys.conftest import Arrive
from tests.journeys.inspection import faults, faults_in_words
from tests.journeys.scenes import REGULAR, SCENES, STRANGER, carry, log_in, settle

pytestmark = [pytest.mark.slow, pytest.mark.browser]

CHINESE, ENGLISH = LOCALES


class Remembered:
    """Who has signed in, in which language: they do so once, and later bring their cookies."""

    def __init__(self, city: City, browser: Browser) -> None:
        self._city, self._browser = city, browser
        self._known: dict[tuple[str, str], StorageState] = {}

    def bring(self, who: str, language: str) -> StorageState | None:
        if who == STRANGER:
            return None
        if (who, language) not in self._known:
            self._known[who, language] = _sign_in(self._city, self._browser, who, language)
        return self._known[who, language]

    def renew(self, who: str, language: str, person: Person) -> None:
        """Keep the cookies a page gave out: who confirms a password gets a new session."""
        if who != STRANGER:
            self._known[who, language] = person.context.storage_state()


@pytest.fixture(scope="session")
def remembered(running_city: City, browser: Browser) -> Remembered:
    return Remembered(running_city, browser)


def _sign_in(city: City, browser: Browser, who: str, language: str) -> StorageState:
    person = Person(browser, language)
    login = city.provider.enrol(f"{who}.{LOCALES[language]}").login
    carry(who, login, city)
    person.page.goto(f"{city.provider.issuer}/account/login")
    log_in(person.page, login)
    person.page.wait_for_url("**/account")
    if who == REGULAR:
        settle(person.page, city)
    state = person.context.storage_state()
    person.close()
    return state


@pytest.mark.parametrize("scene", SCENES)
def test_nothing_is_wrong_with(
    city: City, arrive: Arrive, remembered: Remembered, scene: str
) -> None:
    def visit(language: str) -> Page:
        there = SCENES[scene]
        state = remembered.bring(there.who, language)
        person = arrive(language, storage_state=state, reduced_motion="reduce")
        person.is_excused = there.complains
        there.enter(person.page, city)
        remembered.renew(there.who, language, person)
        return person.page

    page = visit(CHINESE)
    assert page.locator("html").get_attribute("lang") == CHINESE
    found = list(faults(page, language=CHINESE, name=scene))
    if SCENES[scene].moves:
        page.close()
    if page.is_closed() or not same_in_english(page):
        page = visit(ENGLISH)
    assert page.locator("html").get_attribute("lang") == ENGLISH
    assert not [*found, *faults_in_words(page, name=scene)]


@pytest.mark.parametrize("kind", ["radio", "checkbox"])
def test_in_forced_colours_the_chosen_looks_different_from_the_rest(
    city: City, arrive: Arrive, kind: str
) -> None:
    page = arrive(forced_colors="active").page
    page.goto(f"{city.provider.issuer}/dev/kit")
    choice = page.locator(f"label.option:has(input[type={kind}])").first
    choice.locator("input").check()
    page.locator("h1").click()  # the focus would make a difference of its own
    chosen = choice.screenshot()

    choice.locator("input").evaluate("input => { input.checked = false }")

    assert choice.screenshot() != chosen


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ("<img src=x.png>", "image-alt"),
        ("<p style='color:#ccc'>faint</p>", "color-contrast"),
        ("<p class=night>dark on dark by night</p>", "[390 dark] color-contrast"),
        ("<p>中文</p>", "Chinese in English, text: 中文"),
        ("<p> None </p>", "a program's word: None"),
        ("<p>Of %(name)s</p>", "a program's word: Of %(name)s"),
        ("<img alt=中文>", "Chinese in English, alt: 中文"),
        ("<div style='width:400px'>wide</div>", "[320] 40"),
        (f"<pre>{36 * 'x'}</pre>", "[320, spaced]"),
        ("<button style='height:20px;padding:0'>low</button>", "x 20 px: <button> low"),
        ("<label>x <input style='border:1px solid #ddd'></label>", "border at 1.3"),
        ("<style>a:focus {outline:0}</style><a href=#>unseen</a>", "focus cannot be seen on <a>"),
        ("<p>no link, no button</p>", "nothing on the page can be reached by keyboard"),
    ],
)
def test_the_inspection_notices(arrive: Arrive, page: str, fault: str) -> None:
    person = arrive("en")
    night = "@media (prefers-color-scheme: dark) { .night { color: #333; background: #222 } }"
    frame = f"<html lang=en><title>t</title><style>{night}</style><main><h1>t</h1>"
    person.page.set_content(f"<!doctype html>{frame}{page}")

    found = list(faults(person.page, language="en", name="a bad page"))

    assert any(fault in each for each in found), found


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        ("<img src=x.png>", "[390, English] image-alt"),
        ("<p>中文</p>", "Chinese in English, text: 中文"),
        ("<div style='width:400px'>wide</div>", "[English] [320] 40"),
        ("<button style='height:20px;padding:0'>low</button>", "x 20 px: <button> low"),
    ],
)
def test_in_the_other_language_it_notices_what_words_can_do(
    arrive: Arrive, page: str, fault: str
) -> None:
    person = arrive("en")
    person.page.set_content(f"<!doctype html><html lang=en><title>t</title><main>{page}</main>")

    found = list(faults_in_words(person.page, name="a bad page"))

    assert any(fault in each for each in found), found


def test_the_inspection_has_nothing_to_say_about_a_plain_page(arrive: Arrive) -> None:
    person = arrive("en")
    person.page.set_content(
        "<!doctype html><html lang=en><title>t</title><main><h1>t</h1>"
        "<p>Read <a href=#>this</a> by <span lang=zh-Hant-TW>陳美玉</span>.</p>"
        "<style>:focus {outline: 3px solid}</style>"
    )

    assert not list(faults(person.page, language="en", name="a plain page"))
