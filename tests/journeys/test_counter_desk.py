"""At a counter, in Chromium: a proxy without and with the letter."""

import pytest
from playwright.sync_api import Page, expect

from tests.journeys import counter_desk, desk_scenes
from tests.journeys.chromium import PATIENCE_MS
from tests.journeys.city import City
from tests.journeys.conftest import Arrive

pytestmark = [pytest.mark.slow, pytest.mark.browser]
expect.set_options(timeout=PATIENCE_MS)


def to_the_case(page: Page) -> None:
    page.locator("a.back[href*='/counter/cases/']").click()
    page.locator("#step_finish").wait_for()


@pytest.mark.clause("7(2)")
def test_a_proxy_brings_a_letter_and_without_it_a_slip_is_printed(
    arrive: Arrive, city: City
) -> None:
    page = arrive().page
    desk_scenes.sit_down(page, city)
    number = counter_desk.enrol(city, "principal.at.desk")
    proxy = counter_desk.new_number()
    query = "matter=bind&kind=national&age=adult&by_proxy=yes"
    page.goto(f"{city.provider.issuer}/counter/intake?{query}")
    page.locator("#take_in").click()
    expect(page.get_by_text("委託書欠缺").first).to_be_visible()

    page.goto(f"{city.provider.issuer}/counter/intake?{query}")
    for box in page.locator("input[name=paper]").all():
        box.check()
    page.locator("#idno").fill(number)
    page.locator("input[name=letter_matter][value=bind]").check()
    page.locator("#signed_on").fill("115/11/01")
    page.locator("#ends_on").fill("199/12/31")
    for field in ("proxy_named", "proxy_present"):
        page.locator(f"#{field}").fill(proxy)
    page.locator("#take_in").click()
    page.wait_for_url("**/slip")
    to_the_case(page)

    expect(page.get_by_text("有委託書")).to_be_visible()
