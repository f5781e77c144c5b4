"""Session OP, in Chromium: the provider's frame says unchanged before the logout, changed after."""

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.conformance.suite import Client, Suite
from tests.journeys.chromium import Person
from tests.journeys.scenes import log_in
from tests.live.server import DISCOVERY, Provider
from tests.live.visitor import Visitor

pytestmark = [pytest.mark.slow, pytest.mark.browser]

SITE = "http://localhost:9"  # nobody listens there: the browser is told what it would send
CALLBACK, GOODBYE, ASKING = (f"{SITE}/{name}" for name in ("callback", "goodbye", "asking"))
HELD = "<!doctype html><title>client</title><iframe id=op src='{frame}'></iframe>"
ASK = """message => new Promise(answered => {
  addEventListener('message', event => answered(`${event.data} from ${event.origin}`), {once: true})
  document.getElementById('op').contentWindow.postMessage(message, '*')
})"""


@pytest.fixture
def suite(provider: Provider, visitor: Visitor) -> Suite:
    suite = Suite(provider, visitor, mode="query")
    forms = {"redirect_uris": [CALLBACK], "post_logout_redirect_uris": [GOODBYE]}
    suite.client = Client(provider, **forms)
    return suite


@pytest.fixture
def person(browser: Browser) -> Iterator[Person]:
    """Lend somebody with a browser; what it complains of fails."""
    person = Person(browser)
    yield person
    person.close()
    assert not person.complaints


def asked(page: Page, suite: Suite, session_state: str) -> str:
    """Return what the frame says when the client's own page asks."""
    page.goto(ASKING)
    frame = page.frame_locator("#op").locator("script")
    frame.wait_for(state="attached")
    answer: str = page.evaluate(ASK, f"{suite.client.client_id} {session_state}")
    verdict, _, origin = answer.partition(" from ")
    assert origin == suite.provider.issuer
    return verdict


@pytest.mark.module("oidcc-session-management-discovery-endpoint-verification")
def test_oidcc_session_management_discovery_endpoint_verification(suite: Suite) -> None:
    told = suite.provider.call(DISCOVERY).json()

    assert told["check_session_iframe"] == f"{suite.provider.issuer}/session-state"
    assert told["end_session_endpoint"] == f"{suite.provider.issuer}/logout"


@pytest.mark.module("oidcc-session-management-rp-initiated-logout")
def test_oidcc_session_management_rp_initiated_logout(suite: Suite, person: Person) -> None:
    page, issuer = person.page, suite.provider.issuer
    held = HELD.format(frame=f"{issuer}/session-state")
    page.route(f"{SITE}/**", lambda route: route.fulfill(content_type="text/html", body=held))
    page.goto(suite.url(suite.parameters(redirect_uri=CALLBACK)))
    log_in(page, suite.person.login)
    page.locator("#consent_allow").click()
    page.wait_for_url(f"{CALLBACK}?*")
    session_state = dict(parse_qsl(urlsplit(page.url).query))["session_state"]
    before = asked(page, suite, session_state)
    other = asked(page, suite, session_state[:-1] + "!")
    nonsense = asked(page, suite, "nonsense")

    page.goto(f"{issuer}/logout")
    page.locator("#logout_yes").click()
    page.locator("h1").wait_for()
    after = asked(page, suite, session_state)

    assert (before, other, nonsense, after) == ("unchanged", "changed", "error", "changed")
