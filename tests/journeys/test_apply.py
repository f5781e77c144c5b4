"""A 30-year-old becomes a member online: form, counter, approval, name, password, first login."""

import pytest
from playwright.sync_api import expect

from tests import make
from tests.journeys import applying
from tests.journeys.chromium import PATIENCE_MS
from tests.journeys.city import City
from tests.journeys.conftest import Arrive
from tests.journeys.scenes import log_in

pytestmark = [pytest.mark.slow, pytest.mark.browser]

expect.set_options(timeout=PATIENCE_MS)


@pytest.mark.clause("2(8)1")
@pytest.mark.clause("8(2)1")
@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_a_thirty_year_old_goes_online_from_the_front_door_to_the_first_login(
    city: City, arrive: Arrive, *, scripts: bool
) -> None:
    page = arrive(java_script_enabled=scripts).page
    login = f"new.member.{applying.a_number().lower()}"
    page.goto(city.provider.issuer)
    page.locator("a[href='/apply']").first.click()
    page.locator("#start_application").click()

    applying.to_the_choice(page, city)
    page.locator("#birth_date").fill("民國 85 年 5 月 1 日")
    page.locator("#login_id").fill(login)
    page.locator("#new_password").fill(make.PASSWORD)
    page.locator("#repeat_password").fill(make.PASSWORD)
    page.locator("#submit_activation").click()
    page.wait_for_url("**/account/login*")
    log_in(page, login)
    page.wait_for_url("**/account")

    expect(page.locator("main")).to_contain_text(login)
