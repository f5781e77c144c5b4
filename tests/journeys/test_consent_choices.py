"""What a member decides on the consent page, in Chromium: less, what changed, and no."""

import re
from itertools import count
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from clients import approval
from kernel import clock
from tests import make
from tests.journeys import inspection
from tests.journeys.chromium import PATIENCE_MS, Person
from tests.journeys.city import City
from tests.journeys.conftest import Arrive

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("browser")]

expect.set_options(timeout=PATIENCE_MS)

NUMBERS = count(1)
LANGUAGES = ("zh-Hant-TW", "en")
CODE = "library-card"
NAME = make.a_claim_form("name", required=True)
BIRTH, AGE, EMAIL = map(make.a_claim_form, ("birthdate", "age_over_18", "email"))
WORDS = {
    "zh-Hant-TW": {
        "less": "只提供「已滿 18 歲：是」",
        "new": "新增：電子郵件",
        "retold": "用途改為：寄送活動消息",
        "kept": "先前的選擇照舊",
        "refused": "您沒有同意",
        "denied": "您選擇不提供資料",
    },
    "en": {
        "less": "Give only “18 or older: yes”",
        "new": "New: E-mail address",
        "retold": "Purpose is now: To send news of events",
        "kept": "Your earlier choices stay as they are",
        "refused": "You did not agree",
        "denied": "You chose not to share your data",
    },
}


@pytest.fixture
def reader(city: City) -> str:
    """Register a client of the test's own, that may ask for a birth date or less."""
    client_id = f"reader-{next(NUMBERS)}"
    city.provider.register(
        client_id,
        auth_method="none",
        sector=f"{client_id}.invalid",
        home_uri=f"{city.library}/",
        redirect_uris=[f"{city.library}/callback"],
        purposes=[make.a_purpose_form(claims=[NAME, BIRTH, AGE])],
    )
    return client_id


def arrive_at_consent(person: Person, city: City, client_id: str, **changes: str) -> Page:
    """Come from the client, log in as a newcomer if asked, and stand before the question."""
    page = person.page
    page.goto(city.request(client_id, **{"scope": "openid profile", **changes}))
    if page.url.endswith("/login"):
        login = city.provider.enrol(f"chooser.{next(NUMBERS)}").login
        page.locator("#login_id").fill(login)
        page.locator("#password").fill(make.PASSWORD)
        page.locator("#submit_login").click()
    page.wait_for_url("**/consent")
    return page


def agree(page: Page, city: City) -> None:
    with page.expect_request(re.compile(rf"{re.escape(city.library)}/callback\?")) as back:
        page.locator("#consent_allow").click()
    assert "code=" in back.value.url


def change(city: City, client_id: str, **purpose: Any) -> None:
    with city.provider.database() as session:
        approval.draft(session, client_id, make.a_purpose_form(**purpose), now=clock.now())
        version = approval.submit(session, client_id, CODE, now=clock.now())
        approval.approve(session, version, now=clock.now())


def require_sound(person: Person, name: str) -> None:
    """Look at the page in both widths and schemes, then put it back as it was."""
    size = person.page.viewport_size
    assert list(inspection.faults(person.page, language=person.language, name=name)) == []
    if size is not None:
        person.page.set_viewport_size(size)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_library_learns_that_a_member_is_of_age_and_no_birth_date(
    city: City,
    arrive: Arrive,
    language: str,
    script: bool,  # noqa: FBT001  # pytest passes it
) -> None:
    person = arrive(language, java_script_enabled=script)
    page, words = person.page, WORDS[language]
    login = city.provider.enrol(f"chooser.{next(NUMBERS)}").login
    page.goto(f"{city.library}/login")
    page.locator("#login_id").fill(login)
    page.locator("#password").fill(make.PASSWORD)
    page.locator("#submit_login").click()

    least = page.locator("input[name='claim.birthdate'][value=withhold]")
    expect(least).to_be_checked()
    page.get_by_label(words["less"]).check()
    page.locator("#consent_allow").click()
    page.wait_for_url(f"{city.library}/card")

    expect(page.locator("[data-claim=age_over_18]")).to_have_text(
        "yes" if language == "en" else "是"
    )
    expect(page.locator("body")).not_to_contain_text("1990-04-01")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_first_consent_can_be_read_and_used_by_everybody(
    city: City, arrive: Arrive, reader: str, language: str
) -> None:
    person = arrive(language)
    page = arrive_at_consent(person, city, reader)

    page.locator("details summary").click()
    require_sound(person, "consent choices")

    expect(page.locator("#consent-text")).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_second_consent_asks_only_about_what_is_new(
    city: City, arrive: Arrive, reader: str, language: str
) -> None:
    person, words = arrive(language), WORDS[language]
    page = arrive_at_consent(person, city, reader)
    page.get_by_label(words["less"]).check()
    agree(page, city)
    change(city, reader, claims=[NAME, BIRTH, AGE, EMAIL])
    page.wait_for_timeout(1100)  # a client is looked up anew after one second

    page = arrive_at_consent(person, city, reader, scope="openid profile email")

    expect(page.get_by_text(words["new"]).first).to_be_visible()
    expect(page.get_by_role("heading", name=words["kept"])).to_be_visible()
    expect(page.locator("input[name='claim.birthdate']")).to_have_count(0)
    expect(page.locator("input[name='claim.email'][value=withhold]")).to_be_checked()
    require_sound(person, "consent to what is new")
    agree(page, city)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_purpose_told_anew_is_agreed_to_without_choosing_everything_again(
    city: City, arrive: Arrive, reader: str, language: str
) -> None:
    person, words = arrive(language), WORDS[language]
    page = arrive_at_consent(person, city, reader)
    agree(page, city)
    told = make.words("寄送活動消息", "To send news of events")
    change(city, reader, claims=[NAME, BIRTH, AGE], text=told)
    page.wait_for_timeout(1100)  # a client is looked up anew after one second

    page = arrive_at_consent(person, city, reader)

    expect(page.get_by_text(words["retold"]).first).to_be_visible()
    expect(page.locator("input[name^='claim.']")).to_have_count(0)
    require_sound(person, "consent told anew")
    agree(page, city)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_who_refuses_learns_the_other_way_and_goes_back(
    city: City,
    arrive: Arrive,
    reader: str,
    language: str,
    script: bool,  # noqa: FBT001  # pytest passes it
) -> None:
    person, words = arrive(language, java_script_enabled=script), WORDS[language]
    page = arrive_at_consent(person, city, reader)

    page.locator("#consent_deny").click()

    expect(page.get_by_role("heading", level=1)).to_have_text(words["refused"])
    if script:
        require_sound(person, "consent refused")
    with page.expect_request(re.compile(r"/callback\?error=access_denied")):
        page.locator("#refused_leave").click()
