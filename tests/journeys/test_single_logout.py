"""One logout in Chromium: at the provider, at the library by the back channel, in frames."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from idp.models import Grant
from kernel import clock
from tests.journeys.chromium import PATIENCE_MS
from tests.journeys.city import City
from tests.journeys.conftest import Arrive
from tests.journeys.scenes import log_in

pytestmark = [pytest.mark.slow, pytest.mark.browser]

expect.set_options(timeout=PATIENCE_MS)
LOOKS = 60
FRAMED = "framed-for-good"


def sign_out(page: Page, city: City) -> None:
    page.goto(f"{city.provider.issuer}/logout")
    page.locator("#logout_yes").click()


def test_signing_out_here_ends_the_librarys_own_session(city: City, arrive: Arrive) -> None:
    page = arrive().page
    page.goto(f"{city.library}/login")
    log_in(page, city.provider.enrol("leaves.the.library").login)
    page.locator("#consent_allow").click()
    page.wait_for_url(f"{city.library}/card")

    sign_out(page, city)

    for _ in range(LOOKS):  # the worker looks for jobs once a second
        page.goto(f"{city.library}/card")
        if page.url == f"{city.library}/":
            break
        page.wait_for_timeout(500)
    assert page.url == f"{city.library}/"


@pytest.mark.parametrize("has_scripts", [True, False])
def test_services_are_told_in_frames_and_the_page_goes_on(
    city: City,
    arrive: Arrive,
    has_scripts: bool,  # noqa: FBT001
) -> None:
    name = f"{FRAMED}-{has_scripts}".lower()
    city.provider.register(
        name,
        sector=f"{name}.invalid",
        redirect_uris=[f"{city.library}/callback"],
        frontchannel_logout_uri=f"{city.library}/framed",
    )
    page = arrive(java_script_enabled=has_scripts).page
    for path in ("framed", "callback"):
        page.route(f"{city.library}/{path}*", lambda route: route.fulfill(body="told"))
    page.goto(city.request(name, scope="openid profile"))
    log_in(page, city.provider.enrol(f"member.of.{name}").login)
    page.locator("#consent_allow").click()
    page.wait_for_url(f"{city.library}/callback*")
    with city.provider.database() as session:  # the service has fetched its tokens
        session.execute(update(Grant).values(code_used_at=clock.now()))

    with page.expect_request(f"{city.library}/framed*") as told:
        sign_out(page, city)

    assert "iss=" in told.value.url
    assert "sid=" in told.value.url
    page.wait_for_url("**/logout*")
    expect(page.locator("h1")).to_have_text("您已登出")
