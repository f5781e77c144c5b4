"""A guest at the café in Chromium: yes or no first, a name on a second page, advertising or not."""

from itertools import count

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.chromium import LOCALES, PATIENCE_MS
from tests.journeys.city import City
from tests.journeys.conftest import Arrive
from tests.journeys.scenes import log_in, see_the_second_page, share_the_name

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.clause("10(4)"),
]
expect.set_options(timeout=PATIENCE_MS)

NUMBERS = count(1)
NAME = "陳美玉"
NO = {"zh-Hant-TW": "否", "en": "no"}
scripts = pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
languages = pytest.mark.parametrize("language", LOCALES)


def arrive_as_guest(page: Page, city: City) -> None:
    """Come from the café's link for who wants to be known, and stand before the first page."""
    login = city.provider.enrol(f"guest.of.the.cafe.{next(NUMBERS)}").login
    page.goto(f"{city.cafe}/login?as=guest")
    log_in(page, login)
    page.wait_for_url("**/consent")


@scripts
@languages
def test_a_guest_gives_a_name_and_no_leave_to_advertise(
    city: City,
    arrive: Arrive,
    language: str,
    script: bool,  # noqa: FBT001  # pytest passes it
) -> None:
    page = arrive(language, java_script_enabled=script).page
    arrive_as_guest(page, city)
    expect(page.locator("input[name='claim.name']")).to_have_count(0)
    expect(page.locator("body")).not_to_contain_text(NAME)

    see_the_second_page(page)
    expect(page.locator("input[type=radio][name^='claim.']:checked")).to_have_count(0)
    share_the_name(page)
    page.locator("#consent_allow").click()
    expect(page.locator("input[type=radio], input[type=checkbox]")).to_have_count(0)
    page.locator("#consent_deny").click()

    page.wait_for_url(f"{city.cafe}/receipt")
    expect(page.locator("[data-claim=name]")).to_have_text(NAME)
    expect(page.locator("[data-claim=marketing_allowed]")).to_have_text(NO[language])


@languages
def test_a_guest_goes_back_goes_on_and_gives_nothing(
    city: City, arrive: Arrive, language: str
) -> None:
    page = arrive(language).page
    arrive_as_guest(page, city)
    see_the_second_page(page)

    page.go_back()
    page.reload()
    page.locator("#consent_deny").click()

    page.wait_for_url(f"{city.cafe}/receipt")
    expect(page.locator("body")).not_to_contain_text(NAME)
    expect(page.locator("[data-claim=offer_eligible]")).to_be_visible()


@languages
def test_a_member_stops_advertising_by_one_press(city: City, arrive: Arrive, language: str) -> None:
    page = arrive(language).page
    arrive_as_guest(page, city)
    see_the_second_page(page)
    share_the_name(page)
    page.locator("#consent_allow").click()
    page.locator("input[name=part][value=marketing]").wait_for(state="attached")
    page.locator("#consent_allow").click()
    page.wait_for_url(f"{city.cafe}/receipt")

    page.goto(f"{city.provider.issuer}/account/consents")
    page.locator("form[action$='/marketing/stop'] button").click()

    expect(page.locator("[role=status]")).to_be_visible()
    expect(page.locator("form[action$='/marketing/stop']")).to_have_count(0)
