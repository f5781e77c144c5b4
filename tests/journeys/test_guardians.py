"""A child asks at the café, a parent answers at another browser, and the child goes on."""

import re

import pytest
from playwright.sync_api import expect

from tests import make
from tests.journeys.chromium import LOCALES, PATIENCE_MS
from tests.journeys.city import CAFE, City
from tests.journeys.conftest import Arrive
from tests.journeys.scenes import CHILD, log_in, see_the_second_page, share_the_name

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.xdist_group("browser")]
expect.set_options(timeout=PATIENCE_MS)


@pytest.mark.clause("10-I(4)")
@pytest.mark.parametrize("language", LOCALES)
def test_a_child_signs_in_at_the_cafe_once_a_parent_agreed(
    city: City, arrive: Arrive, language: str
) -> None:
    ward, guardian = f"child.{LOCALES[language]}", f"parent.{LOCALES[language]}"
    child_login = city.provider.enrol(ward, name="陳安安", birthdate=CHILD).login
    parent_login = city.provider.enrol(guardian, name="陳美玉").login
    city.provider.link(child_login, parent_login, birthdate=CHILD)
    child, parent = arrive(language).page, arrive(language).page

    child.goto(city.request(CAFE))
    log_in(child, child_login, make.PASSWORD)
    see_the_second_page(child)
    share_the_name(child)
    child.locator("#consent_allow").click()
    expect(child.locator("main")).to_contain_text("陳美玉")

    parent.goto(f"{city.provider.issuer}/account/login")
    log_in(parent, parent_login, make.PASSWORD)
    parent.wait_for_url("**/account")
    parent.locator("main a[href*='/account/guardians/']").first.click()
    expect(parent.locator("input[type=radio][name^='claim.']:checked")).to_have_count(0)
    share_the_name(parent)
    parent.locator("#guardian_allow").click()
    expect(parent.locator("[role=status]")).to_be_visible()

    with child.expect_request(re.compile(rf"{re.escape(city.cafe)}/callback\?")) as back:
        child.locator("#check_again").click()
    assert "code=" in back.value.url
