"""An answer by form post in Chromium: sent by the script, held to the policy."""

import pytest

from tests.journeys.city import City
from tests.journeys.conftest import Arrive

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def test_the_page_goes_on_by_itself(city: City, arrive: Arrive) -> None:
    page = arrive().page
    page.route(f"{city.library}/callback", lambda route: route.fulfill(body="arrived"))
    page.goto(city.request(response_mode="form_post"))

    with page.expect_request(f"{city.library}/callback") as arrived:
        page.locator("#cancel_login").click()

    assert arrived.value.method == "POST"
    assert "error=access_denied" in (arrived.value.post_data or "")
