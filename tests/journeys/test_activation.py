"""A member applies for a service in Chromium, and its agency approves and notes it (2(8)6)."""

import pytest
from playwright.sync_api import expect

from tests.journeys import orgs_scenes
from tests.journeys.chromium import LOCALES, PATIENCE_MS
from tests.journeys.city import LIBRARY, City
from tests.journeys.conftest import Arrive
from tests.journeys.scenes import log_in, work_for

pytestmark = [pytest.mark.slow, pytest.mark.browser]

expect.set_options(timeout=PATIENCE_MS)


@pytest.mark.clause("2(8)6")
@pytest.mark.parametrize("language", LOCALES)
def test_a_member_applies_and_an_officer_approves(
    city: City, arrive: Arrive, language: str
) -> None:
    member, officer = arrive(language).page, arrive(language).page
    for each in (member, officer):
        each.context.set_default_timeout(PATIENCE_MS)
    work_for(officer, city, LIBRARY)
    orgs_scenes.open_service(city)
    login = city.provider.enrol(f"journey.applies.{language[:2]}").login
    member.goto(f"{city.provider.issuer}/account/login")
    log_in(member, login)
    page = f"{city.provider.issuer}/account/services"
    row = member.locator("li", has=member.locator(f"a[href$='/{orgs_scenes.CODE}/open']"))

    member.goto(page)
    row.locator("a").first.click()
    member.locator("#ask_service").click()
    number = member.locator(".tag.info + code").last.inner_text()
    officer.goto(f"{city.provider.issuer}/agency/activations")
    officer.locator(f"a:has-text('{number}')").click()
    officer.locator("#approve_activation").click()
    expect(officer.locator(f"a:has-text('{number}')")).to_have_count(0)
    member.goto(page)

    expect(member.locator(f"a[href$='/{orgs_scenes.CODE}/end']")).to_be_visible()
