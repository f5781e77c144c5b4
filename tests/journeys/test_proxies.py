"""A proxy withdraws for a grandmother; she reads her mail, presses one button, and it is over."""

import pytest
from playwright.sync_api import Page, expect

from tests import make
from tests.journeys.chromium import LOCALES, PATIENCE_MS
from tests.journeys.city import City
from tests.journeys.conftest import Arrive
from tests.journeys.scenes import log_in

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("browser")]
expect.set_options(timeout=PATIENCE_MS)


@pytest.mark.clause("7(2)")
@pytest.mark.parametrize("language", LOCALES)
def test_a_proxy_withdraws_and_the_principal_stops_it_from_her_mail(
    city: City, arrive: Arrive, language: str
) -> None:
    elder_login, proxy_login = f"elder.{LOCALES[language]}", f"proxy.{LOCALES[language]}"
    address = f"{elder_login.lower()}@mail.invalid"
    city.provider.enrol(elder_login, name="鄭阿媽", email=address)
    city.provider.enrol(proxy_login, name="王大明")
    city.provider.empower(elder_login, proxy_login)
    elder, proxy = arrive(language).page, arrive(language).page
    elder.goto(city.request())
    log_in(elder, elder_login, make.PASSWORD)
    elder.locator("#consent_allow").click()
    elder.wait_for_url(f"{city.library}/**")

    acting = _withdraw(proxy, city, proxy_login)
    elder.context.clear_cookies()  # she need not be signed in
    _open_the_letter(elder, city, address)
    elder.locator("#not_me").click()
    expect(elder.locator("#not_me")).to_have_count(0)

    response = proxy.goto(acting)
    assert response is not None
    assert response.status == 404


def _withdraw(page: Page, city: City, login: str) -> str:
    """Withdraw what the grandmother agreed to, and return the address where one acts for her."""
    page.goto(f"{city.provider.issuer}/account/login")
    log_in(page, login, make.PASSWORD)
    page.wait_for_url("**/account")
    page.goto(f"{city.provider.issuer}/account/guardians")
    page.locator("main a[href*='/guardians/for/']").click()
    acting = page.url
    page.locator("a[href*='/consents/']").click()
    expect(page.locator("main")).to_contain_text("鄭阿媽")
    page.locator("#withdraw_yes").click()
    expect(page.locator("[role=status]")).to_be_visible()
    return acting


def _open_the_letter(page: Page, city: City, address: str) -> None:
    """Wait for the letter to the grandmother, and open its link."""
    letter = page.locator("article", has_text=address)
    link = letter.locator("a[href*=not-me]").first
    for _ in range(60):
        page.goto(f"{city.provider.issuer}/demo/inbox")
        if link.count():
            break
        page.wait_for_timeout(500)
    link.click()
