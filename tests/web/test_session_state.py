"""What clients' pages may ask of this browser, and the frame that answers (Session Management)."""

import hashlib

import pytest
from werkzeug.test import TestResponse

from tests import make
from tests.flows.browser import Browser, answer, authorization, hidden
from tests.flows.provider import City

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
COOKIE = "__Host-taipei-id-state"


@pytest.fixture
def browser(city: City) -> Browser:
    return Browser(city)


def kept(browser: Browser) -> str:
    cookie = browser.http.get_cookie(COOKIE, domain="id.example.invalid")
    return "" if cookie is None else cookie.value


def silent(browser: Browser, **changes: str) -> str:
    told = answer(browser.get("/authorize", authorization(prompt="none", **changes)))
    return told["session_state"]


def set_cookie(response: TestResponse) -> list[str]:
    (found,) = (each for each in response.headers.getlist("Set-Cookie") if COOKIE in each)
    return found.split("; ")


def matches(session_state: str, state: str, origin: str = "https://library.invalid") -> bool:
    """Do what the frame's script does (Session Management 1.0, 3.2)."""
    digest, _, salt = session_state.partition(".")
    text = f"library {origin} {state} {salt}"
    return digest == hashlib.sha256(text.encode()).hexdigest()


def test_what_a_client_is_told_matches_what_the_browser_keeps(browser: Browser) -> None:
    first = answer(browser.sign_in())["session_state"]

    told = [first, silent(browser)]

    assert all(matches(each, kept(browser)) for each in told)
    assert not matches(first, kept(browser), origin="https://other.invalid")
    assert told[0] != told[1]


def test_after_the_logout_it_matches_no_more(browser: Browser) -> None:
    told = answer(browser.sign_in())["session_state"]

    done = browser.submit(browser.get("/logout"), decision="yes")

    assert "Max-Age=0" in set_cookie(done)
    assert kept(browser) == ""
    assert not matches(told, "")


def test_a_session_that_ended_elsewhere_is_noticed_when_the_browser_comes_back(
    city: City, browser: Browser
) -> None:
    told = answer(browser.sign_in())["session_state"]
    other = Browser(city)
    other.submit(other.get("/account/login"), login_id="mei.chen", password=make.PASSWORD)
    other.post("/account/sessions/end", hidden(other.get("/account/sessions")))
    assert matches(told, kept(browser))

    refused = answer(browser.get("/authorize", authorization(prompt="none")))

    assert refused["error"] == "login_required"
    assert kept(browser) == ""


def test_proving_more_keeps_the_session_and_its_state(browser: Browser) -> None:
    told = answer(browser.sign_in())["session_state"]
    page = browser.get("/authorize", authorization(prompt="login"))
    browser.log_in(browser.follow(page))

    assert matches(told, kept(browser))


def test_another_member_in_this_browser_is_another_state(city: City, browser: Browser) -> None:
    told = answer(browser.sign_in())["session_state"]
    city.enrol("other")
    browser.post("/account/logout", hidden(browser.get("/account")))
    browser.submit(browser.get("/account/login"), login_id="other", password=make.PASSWORD)

    assert kept(browser)
    assert not matches(told, kept(browser))


def test_the_cookie_may_be_read_by_our_frame_and_says_nothing(browser: Browser) -> None:
    page = browser.authorize()
    done = browser.submit(page, login_id="mei.chen", password=make.PASSWORD)

    name, *rest = set_cookie(done)

    assert {"Secure", "SameSite=None", "Path=/"} == set(rest)
    assert len(name.partition("=")[2]) == 43


@pytest.mark.clause("10(4)")
def test_a_stranger_has_no_state_to_be_recognised_by(city: City, browser: Browser) -> None:
    city.register("cafe", sector="cafe.invalid", **make.a_shop_form())

    told = answer(browser.sign_in("cafe", scope="openid purpose:senior-10-percent"))

    assert "code" in told
    assert "session_state" not in told


def test_the_frame_may_be_framed_reads_one_cookie_and_is_the_same_for_all(
    city: City, browser: Browser
) -> None:
    browser.sign_in()

    mine, anybodys = browser.get("/session-state"), Browser(city).get("/session-state")

    assert mine.data == anybodys.data
    assert f'data-cookie="{COOKIE}"' in mine.text
    headers = mine.headers
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; base-uri 'none'; script-src 'self'; frame-ancestors http: https:"
    )
    assert "X-Frame-Options" not in headers
    assert headers["Cache-Control"] == "public, max-age=3600"
    assert "Set-Cookie" not in headers
