"""Signing out tells the clients of this browser in frames (Front-Channel Logout 1.0)."""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl

import pytest
from werkzeug.test import TestResponse

from tests import make
from tests.flows.browser import Browser, answer, hidden
from tests.flows.provider import CALLBACK, GOODBYE, ISSUER, City

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
FRAMED = "https://books.invalid/framed?kept=yes"
OTHER = "https://maps.invalid:8443/framed"


@pytest.fixture
def browser(city: City) -> Browser:
    """Lend a browser in a city where two clients want to be told in frames."""
    for name, framed in (("books", FRAMED), ("maps", OTHER)):
        origin = framed.rpartition("/")[0]
        city.register(
            name,
            sector=f"{name}.invalid",
            redirect_uris=[f"{origin}/callback", CALLBACK],
            frontchannel_logout_uri=framed,
        )
    return Browser(city)


def known(browser: Browser, client_id: str = "books") -> dict[str, Any]:
    return browser.city.opened(browser.tokens(client_id)["id_token"])


def leave(browser: Browser, **parameters: str) -> TestResponse:
    return browser.submit(browser.get("/logout", parameters), decision="yes")


def frames(page: TestResponse) -> dict[str, dict[str, str]]:
    """Return what each frame's address tells."""
    assert page.status_code == 200
    found = [unescape(each) for each in re.findall('<iframe src="([^"]+)"', page.text)]
    return {
        address: dict(parse_qsl(query, strict_parsing=True))
        for address, _, query in (each.partition("?") for each in found)
    }


def onward(page: TestResponse) -> str:
    (found,) = re.findall('id="logout_continue" href="([^"]+)"', page.text)
    return unescape(found)


def test_each_client_of_the_session_is_loaded_with_its_own_name_for_it(browser: Browser) -> None:
    books, maps = known(browser), known(browser, "maps")

    page = leave(browser)

    assert frames(page) == {
        "https://books.invalid/framed": {"kept": "yes", "iss": ISSUER, "sid": books["sid"]},
        OTHER: {"iss": ISSUER, "sid": maps["sid"]},
    }
    assert books["sid"] != maps["sid"]


def test_the_page_may_load_just_these_origins(browser: Browser) -> None:
    known(browser)
    known(browser, "maps")

    policy = leave(browser).headers["Content-Security-Policy"]

    assert policy.endswith("; frame-src https://books.invalid https://maps.invalid:8443")
    assert "frame-ancestors 'none'" in policy


def test_the_browser_goes_on_with_or_without_a_script(browser: Browser) -> None:
    hint = browser.tokens("books")["id_token"]

    page = leave(browser, id_token_hint=hint, post_logout_redirect_uri=GOODBYE, state="a state;x")

    back = f"{GOODBYE}?state=a+state%3Bx"
    assert onward(page) == back
    assert page.headers["Refresh"] == f"5; url={back}"
    assert "leaving_services.js" in page.text


def test_without_an_address_to_return_to_it_ends_on_our_own_page(browser: Browser) -> None:
    hint = browser.tokens("books")["id_token"]

    page = leave(browser, id_token_hint=hint, post_logout_redirect_uri="https://evil.invalid/")

    assert onward(page).startswith("/logout?id_token_hint=")
    last = browser.get(onward(page))
    assert last.status_code == 200
    assert "已登出" in last.text
    assert "圖書館" in last.text


def test_a_session_without_such_clients_ends_at_once(browser: Browser) -> None:
    browser.tokens("library")

    page = leave(browser)

    assert not frames(page)
    assert "Refresh" not in page.headers
    assert "已登出" in page.text
    assert "frame-src" not in page.headers["Content-Security-Policy"]


def test_signing_out_in_the_account_tells_them_too(browser: Browser) -> None:
    known(browser)

    page = browser.post("/account/logout", hidden(browser.get("/account")))

    assert len(frames(page)) == 1
    assert onward(page) == "/"


def test_signing_out_everywhere_loads_only_what_was_open_in_this_browser(browser: Browser) -> None:
    elsewhere = Browser(browser.city)
    known(elsewhere, "maps")
    here = known(browser)

    page = browser.post("/account/sessions/end", hidden(browser.get("/account/sessions")))

    assert [each["sid"] for each in frames(page).values()] == [here["sid"]]
    assert onward(page) == "/account/login"


def on_a_shared_computer(browser: Browser) -> dict[str, Any]:
    """Sign in at a client as whoever leaves the computer to the next."""
    page = browser.authorize("books")
    page = browser.follow(
        browser.submit(page, login_id="mei.chen", password=make.PASSWORD, shared_computer="yes")
    )
    code = answer(browser.consents(page))["code"]
    tokens: dict[str, Any] = browser.city.exchange(code, "books").get_json()
    return tokens


@pytest.mark.parametrize("path", ["/logout", "/account/logout"])
def test_the_next_at_a_shared_computer_does_not_read_where_the_last_one_was(
    browser: Browser, path: str
) -> None:
    tokens = on_a_shared_computer(browser)
    browser.city.wait(minutes=11)

    page = browser.post(path, {**hidden(browser.get("/logout")), "decision": "yes"})

    assert len(frames(page)) == 1  # it may still be signed in there
    assert "books" not in re.sub(r'<iframe src="[^"]*"', "", page.text)
    assert browser.city.refresh(tokens["refresh_token"], "books").status_code == 400


def test_who_still_sits_at_a_shared_computer_tells_them(browser: Browser) -> None:
    on_a_shared_computer(browser)

    assert len(frames(leave(browser))) == 1


def test_names_are_shown_as_text(browser: Browser) -> None:
    evil = "</li><script>alert(1)</script>"
    browser.city.register(
        "odd", sector="odd.invalid", name=make.words(evil, evil), frontchannel_logout_uri=GOODBYE
    )
    browser.tokens("odd")

    assert "<script>alert" not in leave(browser).text
