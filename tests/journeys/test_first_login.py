"""The first login of a member, in Chromium, from the library and back."""

import re
from itertools import count

import pytest
from playwright.sync_api import Page, expect

from tests import make
from tests.journeys.chromium import PATIENCE_MS, Person
from tests.journeys.city import City
from tests.journeys.conftest import Arrive
from tests.journeys.scenes import log_in

pytestmark = [pytest.mark.slow, pytest.mark.browser]

expect.set_options(timeout=PATIENCE_MS)

NUMBERS = count(1)
MOST_STOPS = 60
LANGUAGES = ("zh-Hant-TW", "en")
WORDS = {
    "zh-Hant-TW": {
        "login": "用臺北市單一識別登入",
        "not given": "未提供",
        "reread": "再讀一次資料",
        "renew": "更新權杖",
        "renewed": "權杖已更新",
        "ended": "您已在這裡登出",
        "denied": "您選擇不提供資料",
        "sign out": "登出",
        "left": "您已登出圖書館與臺北市單一識別",
    },
    "en": {
        "login": "Log in with Taipei ID",
        "not given": "Not given",
        "reread": "Read my data again",
        "renew": "Renew the tokens",
        "renewed": "Tokens renewed",
        "ended": "You are signed out here",
        "denied": "You chose not to share your data",
        "sign out": "Sign out",
        "left": "You are signed out of the library and of Taipei ID",
    },
}


@pytest.fixture
def login_id(city: City) -> str:
    """Enrol a member who has never been anywhere."""
    return city.provider.enrol(f"first.login.{next(NUMBERS)}").login


def start(person: Person, city: City) -> Page:
    """Go to the library and press its button."""
    page = person.page
    page.goto(f"{city.library}/")
    page.get_by_role("link", name=WORDS[person.language]["login"]).click()
    return page


def share(page: Page, *claims: str) -> None:
    for claim in claims:
        page.locator(f"input[name='claim.{claim}'][value=share]").check()
    page.locator("#consent_allow").click()


def sign_in(person: Person, city: City, login_id: str, *claims: str) -> Page:
    page = start(person, city)
    log_in(page, login_id)
    share(page, *claims)
    page.wait_for_url(f"{city.library}/card")
    return page


def withdraw(person: Person, city: City) -> None:
    """Go to the account by its own pages and withdraw the only consent there."""
    page = person.context.new_page()
    page.goto(f"{city.provider.issuer}/account")
    page.get_by_role("navigation").locator("a[href='/account/consents']").click()
    page.get_by_role("main").locator("a[href$='/withdraw']").click()
    page.locator("#withdraw_yes").click()
    page.wait_for_url(f"{city.provider.issuer}/account/consents*")
    page.close()


def forget_the_library(person: Person) -> None:
    """Sign out at the library, and only there."""
    person.context.clear_cookies(name="library_session")


@pytest.mark.clause("2(8)3")
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_member_signs_in_claim_by_claim_and_withdraws(
    city: City,
    arrive: Arrive,
    login_id: str,
    language: str,
    script: bool,  # noqa: FBT001  # pytest passes it
) -> None:
    person, words = arrive(language, java_script_enabled=script), WORDS[language]

    page = sign_in(person, city, login_id, "birthdate")

    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("[data-claim=name]")).to_have_text("陳美玉")
    expect(page.locator("[data-claim=birthdate]")).to_have_text("1990-04-01")
    expect(page.locator("[data-claim=email]")).to_have_text(words["not given"])

    page.get_by_role("button", name=words["renew"]).click()
    expect(page.get_by_role("status")).to_contain_text(words["renewed"])

    withdraw(person, city)
    page.get_by_role("button", name=words["reread"]).click()

    expect(page.get_by_role("heading", level=1)).to_have_text(words["ended"])
    expect(page.locator("[data-claim=name]")).to_have_count(0)


def test_after_a_withdrawal_the_member_is_asked_again(
    city: City, arrive: Arrive, login_id: str
) -> None:
    person = arrive()
    sign_in(person, city, login_id)
    withdraw(person, city)
    forget_the_library(person)

    page = start(person, city)

    expect(page.locator("#consent_allow")).to_be_visible()


def test_a_member_who_agreed_before_is_not_asked_again(
    city: City, arrive: Arrive, login_id: str
) -> None:
    person = arrive()
    sign_in(person, city, login_id)
    forget_the_library(person)

    page = start(person, city)

    page.wait_for_url(f"{city.library}/card")
    expect(page.locator("[data-claim=name]")).to_have_text("陳美玉")


def test_a_member_who_refuses_is_told_the_other_way_at_the_library(
    city: City, arrive: Arrive, login_id: str
) -> None:
    person = arrive()
    page = start(person, city)
    log_in(page, login_id)

    page.locator("#consent_deny").click()
    page.locator("#refused_leave").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(WORDS["zh-Hant-TW"]["denied"])
    assert page.url.startswith(f"{city.library}/callback?error=access_denied")


def test_a_member_who_cancels_the_login_is_back_at_the_library(city: City, arrive: Arrive) -> None:
    page = start(arrive(), city)

    page.locator("#cancel_login").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(WORDS["zh-Hant-TW"]["denied"])


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_signing_out_at_the_library_signs_out_of_the_city(
    city: City,
    arrive: Arrive,
    login_id: str,
    script: bool,  # noqa: FBT001  # pytest passes it
) -> None:
    person = arrive(java_script_enabled=script)
    page = sign_in(person, city, login_id)

    page.get_by_role("button", name=WORDS["zh-Hant-TW"]["sign out"], exact=True).click()
    page.locator("#logout_yes").click()

    expect(page.get_by_role("status")).to_contain_text(WORDS["zh-Hant-TW"]["left"])
    page.goto(f"{city.provider.issuer}/account")
    expect(page.locator("#submit_login")).to_be_visible()


def test_five_tabs_each_finish_their_own_login(city: City, arrive: Arrive, login_id: str) -> None:
    person = arrive()
    tabs = [person.context.new_page() for _ in range(5)]
    for tab in tabs:
        tab.goto(city.request(prompt="consent", state=f"tab-{tabs.index(tab)}"))
    log_in(tabs[0], login_id)

    for number, tab in enumerate(tabs):
        if number:
            tab.reload()  # the login of another tab is known here too
        with tab.expect_request(re.compile(r"/callback\?")) as back:
            share(tab)
        assert f"state=tab-{number}" in back.value.url
        assert "code=" in back.value.url


def test_the_back_button_after_a_login_leads_to_a_page_with_a_way_on(
    city: City, arrive: Arrive, login_id: str
) -> None:
    page = sign_in(arrive(), city, login_id)

    page.go_back()
    page.go_back()
    page.reload()

    page.get_by_role("main").get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the element has the focus; fails if it never gets it."""
    element = page.locator(selector)
    for _ in range(MOST_STOPS):
        if element.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} cannot be reached by keyboard")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_login_is_finished_by_keyboard_alone(
    city: City,
    arrive: Arrive,
    login_id: str,
    script: bool,  # noqa: FBT001  # pytest passes it
) -> None:
    page = arrive(java_script_enabled=script).page
    page.goto(f"{city.library}/")

    tab_to(page, "main a[href='/login']")
    page.keyboard.press("Enter")
    tab_to(page, "#login_id")
    page.keyboard.type(login_id)
    tab_to(page, "#password")
    page.keyboard.type(make.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/consent")
    tab_to(page, "input[name='claim.birthdate'][value=withhold]")
    for _ in ("less", "everything"):  # within a group of choices the arrows move
        page.keyboard.press("ArrowDown")
    tab_to(page, "#consent_allow")
    page.keyboard.press("Enter")

    page.wait_for_url(f"{city.library}/card")
    expect(page.locator("[data-claim=birthdate]")).to_have_text("1990-04-01")
    expect(page.locator("[data-claim=email]")).to_have_text(WORDS["zh-Hant-TW"]["not given"])
