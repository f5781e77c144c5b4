"""The way back to the client in Chromium, which applies form-action to redirects after a form.

The policy of the page must name the client, and only what is named is reached (UI 2.3).
"""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.journeys.chromium import PATIENCE_MS, Person
from tests.journeys.city import City
from tests.journeys.conftest import Arrive
from tests.journeys.scenes import log_in

pytestmark = [pytest.mark.slow, pytest.mark.browser]

expect.set_options(timeout=PATIENCE_MS)

# Each as registered, and as a policy names it. Nobody listens there; being asked is enough.
ADDRESSES = {
    "https": ("https://far.invalid/callback", "https://far.invalid"),
    "name": ("http://localhost:9697/callback", "http://localhost:9697"),
    "address": ("http://127.0.0.1:9698/callback", "http://127.0.0.1:9698"),
    "app": ("invalid.far:/callback", "invalid.far:"),
}
# Refusing leads to a page of ours first, which names the other way.
BUTTONS = {"consent_allow": ("consent_allow",), "consent_deny": ("consent_deny", "refused_leave")}


def reach_consent(person: Person, city: City, kind: str) -> Page:
    """Bring a new member to the consent page of a new client with such an address."""
    name = f"{kind}-{id(person)}"
    address = ADDRESSES[kind][0]
    city.provider.register(name, sector=f"{name}.invalid", redirect_uris=[address])
    page = person.page
    page.goto(city.request(name, redirect_uri=address, scope="openid"))
    log_in(page, city.provider.enrol(name).login)
    page.wait_for_url("**/consent")
    return page


@pytest.mark.parametrize("button", BUTTONS)
@pytest.mark.parametrize("kind", ADDRESSES)
def test_the_answer_reaches_the_client(city: City, arrive: Arrive, kind: str, button: str) -> None:
    person = arrive()
    page = reach_consent(person, city, kind)
    person.is_excused = True  # nobody listens there, and Chromium may say so

    with page.expect_request(re.compile(re.escape(ADDRESSES[kind][0]))) as back:
        for each in BUTTONS[button]:
            page.locator(f"#{each}").click(no_wait_after=True)

    assert ("code=" in back.value.url) is (button == "consent_allow")
    assert not [complaint for complaint in person.complaints if "Policy" in complaint]


@pytest.mark.parametrize("kind", ADDRESSES)
def test_a_client_that_the_policy_does_not_name_is_not_reached(
    city: City, arrive: Arrive, kind: str
) -> None:
    person = arrive()
    page = reach_consent(person, city, kind)
    reached: list[str] = []
    page.on("request", lambda request: reached.append(request.url))

    def forget_the_client(route: Route) -> None:
        answer = route.fetch()
        policy = answer.headers["content-security-policy"]
        assert f"form-action 'self' {ADDRESSES[kind][1]};" in policy
        policy = policy.replace(f" {ADDRESSES[kind][1]};", ";")
        headers = {**answer.headers, "content-security-policy": policy}
        route.fulfill(response=answer, headers=headers)

    page.route("**/consent", forget_the_client, times=1)
    page.reload()
    person.is_excused = True
    with page.expect_console_message(lambda message: "CSP form-action" in message.text):
        page.locator("#consent_allow").click(no_wait_after=True)

    expect(page.locator("#consent_allow")).to_be_visible()
    assert not [url for url in reached if url.startswith(ADDRESSES[kind][0])]
