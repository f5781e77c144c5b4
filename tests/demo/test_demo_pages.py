"""Both sites in Chromium: no accessibility violation, no report of the content policy."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from socket import socket

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from demo.addresses import FIXED, Address
from demo.city import client
from demo.library.app import Library
from demo.merchant.app import Till
from demo.setup import Setup
from tests.demo.stub_provider import StubProvider, served

pytestmark = [pytest.mark.browser, pytest.mark.slow]

WIDTHS = (390, 1280)
LANGUAGES = ("zh-TW", "en")


@pytest.fixture
def free_port() -> int:
    with closing(socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def a_site(record_id: str, port: int, provider: StubProvider, folder: Path) -> Setup:
    used = replace(
        FIXED,
        library=Address("TAIPEI_ID_DEMO_LIBRARY", "127.0.0.1", port),
        merchant=Address("TAIPEI_ID_DEMO_MERCHANT", "127.0.0.1", port),
    )
    return Setup(
        record=client(record_id, used),
        issuer=provider.issuer,
        database=folder / "site.sqlite3",
        start_page=f"{provider.issuer}/demo",
    )


def look(page: Page, reports: list[str]) -> None:
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found] == []
    assert reports == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("site", ["taipei-library", "goodday-cafe"])
def test_every_page_of_a_site_is_accessible(
    *,
    site: str,
    width: int,
    language: str,
    browser: Browser,
    provider: StubProvider,
    free_port: int,
    tmp_path: Path,
) -> None:
    setup = a_site(site, free_port, provider, tmp_path)
    app = Library(setup).app if site == "taipei-library" else Till(setup).app
    context = browser.new_context(locale=language, viewport={"width": width, "height": 844})
    page, reports = context.new_page(), list[str]()
    page.on("console", lambda message: reports.append(message.text))

    with served(app, free_port) as origin, closing(context):
        page.goto(f"{origin}/")
        look(page, reports)
        page.click("main a.button")  # through the provider, which says yes
        page.wait_for_selector("[data-claim=name]")
        look(page, reports)
        if page.query_selector("details"):
            page.click("summary")
            look(page, reports)
        page.goto(f"{origin}/callback?state=forged")
        reports.clear()  # Chromium reports the 400 itself
        look(page, reports)
