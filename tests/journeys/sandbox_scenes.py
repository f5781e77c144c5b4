"""The sandbox's pages, each with the way to get there."""

from playwright.sync_api import Page

from tests.journeys.city import City


def index(page: Page, city: City) -> None:
    page.goto(f"{city.provider.issuer}/sandbox")
    page.locator("#addresses").fill("http://elsewhere.invalid/")
    page.locator("#make").click()
    page.locator("#addresses-error").wait_for()


def people(page: Page, city: City) -> None:
    page.goto(f"{city.provider.issuer}/sandbox/people")


def made(page: Page, city: City) -> None:
    page.goto(f"{city.provider.issuer}/sandbox")
    page.locator("#addresses").fill(f"{city.library}/callback")
    page.locator("#make").click()
    page.locator("#client_secret").wait_for()


def client(page: Page, city: City) -> None:
    made(page, city)
    page.locator("main a.button").click()
    page.locator("#fault").select_option("wrong_nonce")
    page.locator("#arm").click()
    page.locator("#armed code").wait_for()


def checks(page: Page, city: City) -> None:
    client(page, city)
    page.locator("main a[href$='/checks']").click()
    page.locator("#log").fill("nobody is named here")
    page.locator("#search_log").click()
    page.locator("main .notice.ok").wait_for()
