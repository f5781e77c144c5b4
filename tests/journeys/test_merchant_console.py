"""A merchant puts an offer forward in Chromium, and sees what becomes of it (2(8)4, 6(4))."""

import pytest
from playwright.sync_api import expect

from clients.officer_models import Role
from tests.journeys.chromium import LOCALES, PATIENCE_MS
from tests.journeys.city import CAFE, City
from tests.journeys.conftest import Arrive
from tests.journeys.scenes import work_for

pytestmark = [pytest.mark.slow, pytest.mark.browser]

expect.set_options(timeout=PATIENCE_MS)
OFFER = {
    "title_zh": "旅程九折",
    "title_en": "Journey discount",
    "age": "65",
    "valid_from": "2026-01-01",
    "valid_until": "2030-12-31",
    "document_number": "旅程商字第 1 號",
}


@pytest.mark.clause("2(8)4")
@pytest.mark.parametrize("language", LOCALES)
def test_a_merchant_proposes_an_offer_and_ends_it(
    city: City, arrive: Arrive, language: str
) -> None:
    page = arrive(language).page
    page.context.set_default_timeout(PATIENCE_MS)
    work_for(page, city, CAFE, Role.MERCHANT)

    page.goto(f"{city.provider.issuer}/merchant/offers/new")
    for name, words in OFFER.items():
        page.locator(f"#{name}").fill(words)
    page.locator("#submit_offer").click()
    mine = page.locator("section:has(#offers) li.spread").first
    expect(mine.locator(".tag.warn")).to_be_visible()
    mine.locator("summary").click()
    mine.locator("button").click()

    expect(mine.locator(".tag.plain")).to_be_visible()
