"""Session OP, in Chromium: the provider's frame says unchanged before the logout, changed after."""

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from tests.conformance.suite import Client, Suite
from tests.demo.stub_provider import served
from tests.journeys.chromium import Person
from tests.journeys.scenes import log_in
from tests.live.server import DISCOVERY, Provider
from tests.live.visitor import Visitor

pytestmark = [pytest.mark.slow, pytest.mark.browser]

HELD = "<!doctype html><title>client</title><iframe id=op src='{frame}'></iframe>"
ASK = """message => new Promise(answered => {
  addEventListener('message', event => answered(`${event.data} from ${event.origin}`), {once: true})
  document.getElementById('op').contentWindow.postMessage(message, '*')
})"""


@pytest.fixture
def site(provider: Provider) -> Iterator[str]:
    """Lend the client's own site: every page of it holds the provider's frame."""
    app = Flask("client")
    held = HELD.format(frame=f"{provider.issuer}/session-state")
    app.add_url_rule("/<path:page>", "page", lambda page: held)  # noqa: ARG005
    with served(app) as origin:
        # One site with the provider: from another the browser would keep the cookie to itself.
        yield origin.replace("127.0.0.1", "localhost")


@pytest.fixture
def suite(provider: Provider, visitor: Visitor, site: str) -> Suite:
    suite = Suite(provider, visitor, mode="query")
    suite.client = Client(provider, redirect_uris=[f"{site}/callback"])
    return suite


@pytest.fixture
def person(browser: Browser) -> Iterator[Person]:
    """Lend somebody with a browser; what it complains of fails."""
    person = Person(browser)
    yield person
    person.close()
    assert not person.complaints


def asked(page: Page, suite: Suite, site: str, session_state: str) -> str:
    """Return what the frame says when the client's own page asks."""
    page.goto(f"{site}/asking")
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
def test_oidcc_session_management_rp_initiated_logout(
    suite: Suite, person: Person, site: str
) -> None:
    page, issuer = person.page, suite.provider.issuer
    page.goto(suite.url(suite.parameters(redirect_uri=f"{site}/callback")))
    log_in(page, suite.person.login)
    page.locator("#consent_allow").click()
    page.wait_for_url(f"{site}/callback?*")
    session_state = dict(parse_qsl(urlsplit(page.url).query))["session_state"]
    before = asked(page, suite, site, session_state)
    other = asked(page, suite, site, session_state[:-1] + "!")
    nonsense = asked(page, suite, site, "nonsense")

    page.goto(f"{issuer}/logout")
    page.locator("#logout_yes").click()
    page.locator("h1").wait_for()
    after = asked(page, suite, site, session_state)

    assert (before, other, nonsense, after) == ("unchanged", "changed", "error", "changed")
