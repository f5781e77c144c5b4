"""An agency drafts a text and a form, DoIT confirms both, and a visitor finds them (5(4), 6(4))."""

import pytest
from playwright.sync_api import Page, expect

from clients.officer_models import Role
from tests.journeys import publication_scenes as scenes
from tests.journeys.chromium import LOCALES, PATIENCE_MS
from tests.journeys.city import City
from tests.journeys.conftest import Arrive

pytestmark = [pytest.mark.slow, pytest.mark.browser]
expect.set_options(timeout=PATIENCE_MS)


def fill(page: Page, **fields: str) -> None:
    for name, value in fields.items():
        page.locator(f"#{name}").fill(value)


@pytest.mark.clause("5(4)", "6(4)")
@pytest.mark.parametrize("language", LOCALES)
def test_what_an_agency_writes_is_found_by_a_visitor_after_the_bureau_agreed(
    city: City, arrive: Arrive, language: str
) -> None:
    officer, reviewer, visitor = (arrive(language).page for _ in range(3))
    for page in (officer, reviewer, visitor):
        page.context.set_default_timeout(PATIENCE_MS)
    scenes.fill(city)
    scenes.work(officer, city, Role.OFFICER)
    scenes.work(reviewer, city, Role.REVIEWER)
    slug = f"journey-{language[:2].lower()}"
    site = city.provider.issuer

    officer.goto(f"{site}/agency/content/new")
    fill(
        officer,
        slug=slug,
        title_zh=f"旅程展覽 {slug}",
        title_en=f"Travelling exhibition {slug}",
        body_zh="週三免費。\n\n- 帶卡",
        body_en="Free on Wednesdays.",
    )
    officer.locator("#save_content").click()
    fill(officer, document_number="旅程字第 1 號")
    officer.locator("#submit_version").click()
    visitor.goto(f"{site}/news/{slug}")
    expect(visitor.locator("h1")).not_to_contain_text(slug)  # not found yet

    _submit_a_form(officer, f"{site}/agency/forms/{scenes.SPARE}")

    for kind, number in (("content", "旅程字第 1 號"), ("forms", "旅程字第 2 號")):
        reviewer.goto(f"{site}/doit/{kind}")
        reviewer.locator(f"li:has-text('{number}') a").first.click()
        reviewer.locator("#approve_version").click()
        expect(reviewer.locator("[role=status]")).to_be_visible()

    visitor.goto(site)
    fill(visitor, q=slug)
    visitor.locator("#submit_search").click()
    visitor.locator(f"a[href='/news/{slug}']").click()
    expect(visitor.locator("h1")).to_contain_text(slug)
    visitor.goto(f"{site}/forms/{scenes.SPARE}")
    expect(visitor.locator("main")).to_contain_text("身高" if "zh" in language else "Height")


def _submit_a_form(officer: Page, address: str) -> None:
    officer.goto(address)
    officer.locator("#save_draft").click()
    officer.locator("#add_field").click()
    fill(
        officer,
        label_zh="身高",
        label_en="Height",
        necessity_zh="調整座位",
        necessity_en="To fit the seat",
        legal_basis="圖書館法第 9 條",
    )
    officer.locator("#save_field").click()
    fill(officer, document_number="旅程字第 2 號")
    officer.locator("#submit_version").click()
