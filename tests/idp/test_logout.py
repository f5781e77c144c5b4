"""RP-initiated logout: the member decides, and the browser goes only where it may."""

from html import unescape
from urllib.parse import urlencode

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from werkzeug.test import TestResponse

from tests import make
from tests.flows.browser import HIDDEN, Browser, answer, authorization, hidden
from tests.flows.provider import GOODBYE, ISSUER, City

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
ELSEWHERE = "https://attacker.invalid/"


def confirmed(browser: Browser, **parameters: str) -> TestResponse:
    """Ask for a logout as a client does, and say yes."""
    page = browser.get("/logout", parameters)
    assert page.status_code == 200
    assert page.mimetype == "text/html"
    return browser.submit(page, decision="yes")


def is_signed_in(browser: Browser) -> bool:
    return "code" in answer(browser.get("/authorize", authorization(prompt="none")))


def test_after_logout_the_browser_returns_with_the_state_alone(city: City) -> None:
    browser = Browser(city)
    hint = browser.tokens()["id_token"]

    response = confirmed(
        browser, id_token_hint=hint, post_logout_redirect_uri=GOODBYE, state="a b&c"
    )

    assert (response.status_code, response.location) == (303, f"{GOODBYE}?state=a+b%26c")
    assert not is_signed_in(browser)


@one_database
def test_without_a_state_none_is_invented(city: City) -> None:
    browser = Browser(city)
    hint = browser.tokens()["id_token"]

    response = confirmed(browser, id_token_hint=hint, post_logout_redirect_uri=GOODBYE)

    assert response.location == GOODBYE


@pytest.mark.pyop_row(12)
def test_an_old_hint_will_do(city: City) -> None:
    browser = Browser(city)
    hint = browser.tokens(duration="1y")["id_token"]
    city.wait(days=200)
    browser.sign_in()

    response = confirmed(browser, id_token_hint=hint, post_logout_redirect_uri=GOODBYE)

    assert response.location == GOODBYE


@one_database
def test_who_is_signed_out_already_just_returns(city: City) -> None:
    hint = Browser(city).tokens()["id_token"]
    sent = {"id_token_hint": hint, "post_logout_redirect_uri": GOODBYE}

    assert Browser(city).get("/logout", sent).location == GOODBYE


def forged(claims: dict[str, object]) -> str:
    return jwt.encode({"alg": "ES256"}, claims, ECKey.generate_key("P-256"))


NOWHERE = (
    "bad-post-logout-redirect-uri",
    "query-added-to-post-logout-redirect-uri",
    "modified-id-token-hint",
    "bad-id-token-hint",
    "no-id-token-hint",
    "no-params",
    "no-post-logout-redirect-uri",
    "only-state",
    "other-client-named",
    "other-clients-address",
    "hint-repeated",
    "hint-not-text",
)


def parameters_for(module: str, hint: str) -> str:
    """Return the query of a module of the certification plan (CERTIFICATION 1.4), or of ours."""
    head, payload, signature = hint.split(".")
    back = {"post_logout_redirect_uri": GOODBYE, "state": "s"}
    none = "eyJhbGciOiJub25lIn0"
    claims: dict[str, object] = {"iss": ISSUER, "aud": "library", "sub": "x"}
    queries: dict[str, dict[str, str]] = {
        "bad-post-logout-redirect-uri": {"post_logout_redirect_uri": ELSEWHERE},
        "query-added-to-post-logout-redirect-uri": {"post_logout_redirect_uri": GOODBYE + "?a=b"},
        "modified-id-token-hint": {**back, "id_token_hint": f"{none}.{payload}."},
        "bad-id-token-hint": {**back, "id_token_hint": forged(claims)},
        "no-id-token-hint": {**back, "id_token_hint": ""},
        "no-params": {"id_token_hint": ""},
        "no-post-logout-redirect-uri": {},
        "only-state": {"id_token_hint": "", "state": "s"},
        "other-client-named": {**back, "client_id": "archive"},
        "other-clients-address": {"post_logout_redirect_uri": "https://archive.invalid/bye"},
        "hint-repeated": back,
        "hint-not-text": {**back, "id_token_hint": f"{head}.{payload}\u5e02.{signature}"},
    }
    query = urlencode({"id_token_hint": hint, **queries[module]})
    return f"{query}&id_token_hint=x" if module == "hint-repeated" else query


@pytest.mark.parametrize("module", NOWHERE)
@one_database
def test_a_doubtful_request_logs_out_but_leads_nowhere(city: City, module: str) -> None:
    browser = Browser(city)
    city.register("parks", sector="p", post_logout_redirect_uris=["https://archive.invalid/bye"])
    query = parameters_for(module, browser.tokens()["id_token"])

    page = browser.get(f"/logout?{query}")
    response = browser.submit(page, decision="yes")

    assert (page.status_code, response.status_code) == (200, 200)
    assert "已登出" in response.text
    assert not is_signed_in(browser)
    assert Browser(city).get(f"/logout?{query}").status_code == 200


@one_database
def test_the_member_may_stay(city: City) -> None:
    browser = Browser(city)
    hint = browser.tokens()["id_token"]
    page = browser.get("/logout", {"id_token_hint": hint, "post_logout_redirect_uri": GOODBYE})

    response = browser.submit(page, decision="no")

    assert response.location == "/account"
    assert is_signed_in(browser)


@one_database
def test_nobody_is_logged_out_by_an_address_alone(city: City) -> None:
    browser = Browser(city)
    hint = browser.tokens()["id_token"]

    browser.get("/logout", {"id_token_hint": hint})

    assert is_signed_in(browser)


@one_database
def test_a_form_of_the_client_is_asked_about_first(city: City) -> None:
    browser = Browser(city)
    hint = browser.tokens()["id_token"]

    response = browser.post("/logout", {"id_token_hint": hint, "state": "s"})

    assert response.location.startswith("/logout?id_token_hint=")
    assert is_signed_in(browser)
    page = browser.get(response.location)
    assert "圖書館" in page.text


@pytest.mark.parametrize("body", [b"", b"\n", b"a=\r\nSet-Cookie: x", b"\xff", b"a" * 9_000])
@one_database
def test_no_bytes_in_such_a_form_are_a_mistake_of_ours(city: City, body: bytes) -> None:
    response = Browser(city).post("/logout", body, content_type="application/x-www-form-urlencoded")

    assert response.status_code == 303
    assert response.location.partition("?")[0] == "/logout"
    assert "Set-Cookie: x" not in str(response.headers)


def long_hint(city: City, browser: Browser) -> str:
    """Return an id_token that no address holds, as one with many claims is."""
    claims = city.opened(browser.tokens()["id_token"])
    rooms = city.app.extensions["taipei_id"]
    with city.database() as session:
        signer = rooms.provider.keys.signer(session, now=city.now)
        hint: str = signer.sign({**claims, "padding": "x" * 9_000}, alg="ES256")
        return hint


@pytest.mark.parametrize("cookies", [True, False])
@one_database
def test_a_hint_too_long_for_an_address_is_carried_by_a_form(city: City, *, cookies: bool) -> None:
    browser = Browser(city)
    sent = {"id_token_hint": long_hint(city, browser), "post_logout_redirect_uri": GOODBYE}

    carrying = (browser if cookies else Browser(city)).post("/logout", {**sent, "state": "s"})
    asking = browser.post("/logout", form_of(carrying))
    back = browser.post("/logout", {**hidden(asking), "decision": "yes"})

    assert 'id="form_post_continue"' in carrying.text
    assert "圖書館" in asking.text
    assert back.location == f"{GOODBYE}?state=s"
    assert not is_signed_in(browser)


@one_database
def test_a_long_hint_without_an_address_ends_on_our_own_page(city: City) -> None:
    browser = Browser(city)
    hint = long_hint(city, browser)
    asking = browser.post("/logout", {"id_token_hint": hint, "again": "yes"})

    page = browser.post("/logout", {**hidden(asking), "decision": "yes"})

    assert page.status_code == 200
    assert not is_signed_in(browser)


def form_of(page: TestResponse) -> dict[str, str]:
    return {name: unescape(value) for name, value in HIDDEN.findall(page.text)}


@one_database
def test_the_logout_page_may_send_its_form_only_to_the_registered_origin(city: City) -> None:
    browser = Browser(city)
    hint = browser.tokens()["id_token"]

    page = browser.get("/logout", {"id_token_hint": hint, "post_logout_redirect_uri": GOODBYE})

    policy = page.headers["Content-Security-Policy"]
    assert "form-action 'self' https://library.invalid;" in policy


# When our own session has run out


@pytest.mark.parametrize("hours", [3, 13])
@one_database
def test_who_was_away_for_long_still_signs_out_everywhere_they_went(city: City, hours: int) -> None:
    browser = Browser(city)
    library, archive = browser.tokens(), browser.tokens("archive")
    city.wait(hours=hours)
    assert browser.get("/account").status_code == 303
    sent = {"id_token_hint": library["id_token"], "post_logout_redirect_uri": GOODBYE}

    assert confirmed(browser, **sent).location == GOODBYE

    assert city.refresh(library["refresh_token"]).status_code == 400
    assert city.refresh(archive["refresh_token"], "archive").status_code == 400
    assert browser.get("/logout", sent).location == GOODBYE


@one_database
def test_what_ran_out_on_a_shared_computer_is_over_when_the_next_signs_in(city: City) -> None:
    city.enrol("ah.hua")
    for login in ("mei.chen", "ah.hua"):
        browser = Browser(city)
        page = browser.authorize()
        page = browser.follow(
            browser.submit(page, login_id="mei.chen", password=make.PASSWORD, shared_computer="yes")
        )
        tokens = city.exchange(answer(browser.consents(page))["code"]).get_json()
        city.wait(minutes=11)

        browser.log_in(browser.authorize("archive"), login)

        assert city.refresh(tokens["refresh_token"]).status_code == 400


@one_database
def test_another_member_ends_what_the_last_one_left(city: City) -> None:
    city.enrol("ah.hua")
    browser = Browser(city)
    tokens = browser.tokens()
    city.wait(hours=3)

    browser.log_in(browser.authorize("archive"), "ah.hua")

    assert city.refresh(tokens["refresh_token"]).status_code == 400


@one_database
def test_on_their_own_device_who_comes_back_keeps_what_they_opened(city: City) -> None:
    browser = Browser(city)
    tokens = browser.tokens()
    city.wait(hours=3)

    browser.log_in(browser.authorize("archive"))

    assert city.refresh(tokens["refresh_token"]).status_code == 200
