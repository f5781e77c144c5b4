"""`oidc-client-ts` in Chromium: a public client that is nothing but a page, on another origin."""

import json
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.chromium import PATIENCE_MS, Person
from tests.live.server import Provider
from tests.relying_parties import node_client
from tests.relying_parties.registering import register

pytestmark = [pytest.mark.slow, pytest.mark.browser]

FOLDER = Path(__file__).parent / "page"
LIBRARY = node_client.HERE / "node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js"
SCRIPT = "text/javascript"
NUMBERS = count(1)


class Site(BaseHTTPRequestHandler):
    """The page, its two scripts and what it has to know, at any address of its origin."""

    def __init__(self, settings: dict[str, str], *arguments: object) -> None:
        self.files = {
            "/settings.json": ("application/json", json.dumps(settings).encode()),
            "/library.js": (SCRIPT, LIBRARY.read_bytes()),
            "/page.js": (SCRIPT, (FOLDER / "page.js").read_bytes()),
        }
        super().__init__(*arguments)  # type: ignore[arg-type]  # socket, address, server

    def do_GET(self) -> None:
        """Answer with a file, or the page."""
        page = ("text/html", (FOLDER / "index.html").read_bytes())
        kind, body = self.files.get(self.path.partition("?")[0], page)
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site(
    provider: Provider, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, dict[str, str]]]:
    node_client.require_installed(Path(tmp_path_factory.getbasetemp()).parent / "node.lock")
    settings = {"authority": provider.issuer, "scope": "openid profile offline_access"}
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Site, settings)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        origin = f"http://127.0.0.1:{server.server_port}"
        settings["client_id"] = f"page-{server.server_port}"
        yield origin, settings
        server.shutdown()


def told(page: Page) -> dict[str, object]:
    """Wait until the page says something, and return it."""
    expect(page.locator("#told")).not_to_be_empty(timeout=PATIENCE_MS)
    said: dict[str, object] = json.loads(page.locator("#told").inner_text())
    return said


def test_a_page_signs_in_renews_and_signs_out_without_a_secret(
    provider: Provider, browser: Browser, site: tuple[str, dict[str, str]]
) -> None:
    origin, settings = site
    secret = register(
        provider,
        settings["client_id"],
        auth_method="none",
        redirect_uris=[f"{origin}/callback"],
        post_logout_redirect_uris=[f"{origin}/goodbye"],
        grant_types=["authorization_code", "refresh_token"],
    )
    member = provider.enrol(f"page.{next(NUMBERS)}", name="陳美玉")
    person = Person(browser)
    page = person.page

    page.goto(origin)
    page.locator("#sign_in").click()
    page.locator("#login_id").fill(member.login)
    page.locator("#password").fill(member.password)
    page.locator("#submit_login").click()
    page.locator("#consent_allow").click()
    signed_in = told(page)
    page.locator("#told").evaluate("each => { each.textContent = ''; }")
    page.locator("#renew").click()
    renewed = told(page)
    page.locator("#sign_out").click()
    page.locator("#logout_yes").click()
    page.wait_for_url(f"{origin}/goodbye*")
    left = told(page)

    assert secret is None
    assert signed_in["name"] == "陳美玉"
    assert renewed == {"renewed": True, "name": "陳美玉"}
    assert left == {"signedIn": False}
    assert person.complaints == []
    person.context.close()
