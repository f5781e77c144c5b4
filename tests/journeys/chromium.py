"""Drive Debian's Chromium, and let nothing that it complains about pass unseen."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

# Chromium without a window of its own: the same pages for two thirds of the time.
CHROMIUM = os.environ.get("TAIPEI_ID_TEST_CHROMIUM", "/usr/bin/chromium-headless-shell")
SWITCHES = (
    "--no-sandbox",  # tests may run as root, and see only our own pages
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 60_000  # a loaded machine is not a failing test
LOCALES = {"zh-Hant-TW": "zh-TW", "en": "en-GB"}

# The browser says it in the console too, but only this names the directive and the address.
REPORT_VIOLATIONS = """
document.addEventListener('securitypolicyviolation', event => console.error(
  `CSP ${event.effectiveDirective} ${event.blockedURI} on ${document.location.pathname}`));
"""


# What a page is made of, whatever its words: after a form, or if shown once, it comes no more.
# A span with a language only says which words of the page are not in its own.
SKELETON = """() => [...document.querySelectorAll('body *:not(span[lang])')]
  .map(it => `${it.tagName} ${it.id} ${it.hidden} ${it.ariaInvalid}`).join()"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Lend one browser; who uses it opens a context a person."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        try:
            yield browser
        finally:
            browser.close()


class Person:
    """Somebody at a browser of their own, in their language, at their screen."""

    def __init__(self, browser: Browser, language: str = "zh-Hant-TW", **options: Any) -> None:
        # options are Playwright's own, of many types
        self.language = language
        self.complaints: list[str] = []
        self.is_excused = False  # the test provokes what this browser complains of
        self.context: BrowserContext = browser.new_context(
            locale=LOCALES[language], timezone_id="Asia/Taipei", **options
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.context.add_init_script(REPORT_VIOLATIONS)
        self.context.on("console", self._listen)
        self.context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        self.page = self.context.new_page()

    def _listen(self, message: ConsoleMessage) -> None:
        # A status in the four hundreds is told in words on the page and noted by the browser.
        if message.type == "error" and "the server responded with a status" not in message.text:
            self.complaints.append(message.text)

    def close(self) -> None:
        self.context.close()


def same_in_english(page: Page) -> bool:
    """Ask for the page's address in English; say whether that is the same page."""
    before = page.evaluate(SKELETON)
    who = {"userAgent": page.evaluate("navigator.userAgent"), "acceptLanguage": LOCALES["en"]}
    page.context.new_cdp_session(page).send("Emulation.setUserAgentOverride", who)
    page.goto(page.url.partition("#")[0])
    return bool(page.evaluate(SKELETON) == before)
