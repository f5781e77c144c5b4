"""Who is served at once gets what Flask would have given; everybody else is left to Flask."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import select
from structlog.testing import capture_logs
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app

from audit.models import LedgerLine
from idp import token
from idp.models import Grant, Token
from kernel.work import WorkSession
from tests.flows.browser import Browser, answer, authorization, is_at_client
from tests.flows.provider import CALLBACK, ISSUER, VERIFIER, City, basic
from web import express

FORM = "application/x-www-form-urlencoded"
Said = tuple[str, dict[str, str], bytes]


def environ(method: str, path: str, **more: Any) -> dict[str, Any]:  # werkzeug's options
    built = EnvironBuilder(path=path, method=method, base_url=ISSUER, **more).get_environ()
    return dict(built)


def by_flask(city: City, asked: dict[str, Any]) -> Said:
    """Ask Flask itself, past everything that stands in front of it."""
    chunks, status, headers = run_wsgi_app(
        lambda *call: Flask.wsgi_app(city.app, *call), asked, buffered=True
    )
    return status, dict(headers.items()), b"".join(chunks)


def by_express(city: City, asked: dict[str, Any]) -> Said:
    """Ask the express counter, behind which there is nobody."""

    def nobody(*_call: object) -> list[bytes]:
        raise AssertionError("it was passed on")

    counter = express.Express(nobody, city.app)
    chunks, status, headers = run_wsgi_app(counter, asked, buffered=True)
    return status, dict(headers.items()), b"".join(chunks)


def signed_in(city: City) -> tuple[Browser, dict[str, str]]:
    browser = Browser(city)
    browser.sign_in()
    cookie = browser.http.get_cookie("__Host-taipei-id-session", domain="id.example.invalid")
    assert cookie is not None
    return browser, {"Cookie": f"a=b; {cookie.key}={cookie.value}"}


def code_of(browser: Browser) -> str:
    return answer(browser.get("/authorize", authorization(prompt="none")))["code"]


def exchange_of(code: str) -> dict[str, str]:
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }


def test_a_silent_sign_in_is_answered_as_flask_would(city: City) -> None:
    _, cookie = signed_in(city)

    said = [
        ask(city, environ("GET", "/authorize", query_string=authorization(), headers=cookie))
        for ask in (by_express, by_flask)
    ]

    for status, headers, body in said:
        assert status.upper() == "303 SEE OTHER"
        assert body == b""
        assert headers.pop("Location").startswith(f"{CALLBACK}?code=")
    assert said[0][1] == said[1][1]


def test_a_code_is_exchanged_as_flask_would(city: City) -> None:
    browser, _ = signed_in(city)

    said = [
        ask(
            city,
            environ("POST", "/token", data=exchange_of(code_of(browser)), headers=basic("library")),
        )
        for ask in (by_express, by_flask)
    ]

    lengths = [headers.pop("Content-Length") for _, headers, _ in said]
    assert lengths == [str(len(body)) for _, _, body in said]
    assert said[0][:2] == said[1][:2]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_claims_are_given_as_flask_would(city: City, method: str) -> None:
    browser, _ = signed_in(city)
    access_token = city.exchange(code_of(browser)).get_json()["access_token"]
    more: dict[str, Any] = {"headers": {"Authorization": f"Bearer {access_token}"}}
    if method == "POST":
        more = {"data": {"access_token": access_token}}

    said = [ask(city, environ(method, "/userinfo", **more)) for ask in (by_express, by_flask)]

    assert said[0] == said[1]


def test_a_token_is_introspected_as_flask_would(city: City) -> None:
    browser, _ = signed_in(city)
    sent = {"token": city.exchange(code_of(browser)).get_json()["access_token"]}

    said = [
        ask(city, environ("POST", "/introspect", data=sent, headers=basic("library")))
        for ask in (by_express, by_flask)
    ]

    assert said[0] == said[1]
    assert b'"active":true' in said[0][2]


def test_a_pushed_request_is_kept_as_flask_would(city: City) -> None:
    asked = {"data": authorization(), "headers": basic("library")}

    said = [ask(city, environ("POST", "/par", **asked)) for ask in (by_express, by_flask)]

    assert {status.upper() for status, _, _ in said} == {"201 CREATED"}
    assert said[0][1] == said[1][1]
    assert b"urn:ietf:params:oauth:request_uri:" in said[0][2]


def passed_on(city: City, asked: dict[str, Any]) -> bytes | None:
    """Return the body as it was passed on, None if the counter answered itself."""
    seen: list[bytes] = []

    def next_one(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        seen.append(environ["wsgi.input"].read())
        start_response("200 OK", [])
        return []

    run_wsgi_app(express.Express(next_one, city.app), asked, buffered=True)
    return seen[0] if seen else None


@pytest.mark.parametrize(
    "changes",
    [
        {"prompt": "login"},
        {"scope": "openid email"},  # about which nothing was decided yet
        {"client_id": "nobody"},
        {"redirect_uri": "https://elsewhere.invalid/"},
        {"code_challenge": None},
    ],
)
def test_whoever_needs_a_page_or_a_refusal_is_passed_on(
    city: City, changes: Mapping[str, str | None]
) -> None:
    _, cookie = signed_in(city)
    before = kept(city)

    asked = environ("GET", "/authorize", query_string=authorization(**changes), headers=cookie)

    assert passed_on(city, asked) == b""
    assert kept(city) == before


MARKED = f"__Host-taipei-id-browser={'m' * 43}"
LOGIN_PAGE = re.compile(r"/interaction/[0-9a-f-]{36}/login")


def without_secret(cookie: str) -> str:
    """Return a Set-Cookie header without what is drawn anew each time."""
    name, _, rest = cookie.partition("=")
    return f"{name}{rest[43:].partition('Expires')[0]}{rest.rpartition('GMT')[2]}"


@pytest.mark.parametrize(
    "cookie", ["", "__Host-taipei-id-session=short", "x" * 43, "=;;=", MARKED, f"{MARKED}x"]
)
def test_a_visitor_is_led_to_the_login_page_as_flask_would(city: City, cookie: str) -> None:
    said = [
        ask(
            city,
            environ("GET", "/authorize", query_string=authorization(), headers={"Cookie": cookie}),
        )
        for ask in (by_express, by_flask)
    ]

    for status, headers, _ in said:
        assert status.upper() == "303 SEE OTHER"
        assert LOGIN_PAGE.fullmatch(headers["Location"])
        assert headers["Cache-Control"] == "no-store"
    marks = [without_secret(headers.get("Set-Cookie", "")) for _, headers, _ in said]
    assert marks[0] == marks[1]
    assert (marks[0] == "") is (cookie == MARKED)


def test_the_login_page_a_visitor_is_led_to_is_theirs(city: City) -> None:
    browser = Browser(city)

    page = browser.authorize()

    assert page.status_code == 200
    assert is_at_client(browser.consent(browser.log_in(page)))


def test_a_visitor_who_must_not_see_a_page_is_passed_on(city: City) -> None:
    asked = environ("GET", "/authorize", query_string=authorization(prompt="none"))

    assert passed_on(city, asked) == b""


def test_an_unknown_cookie_is_passed_on(city: City) -> None:
    headers = {"Cookie": f"__Host-taipei-id-session={'x' * 43}"}

    assert (
        passed_on(city, environ("GET", "/authorize", query_string=authorization(), headers=headers))
        == b""
    )


def kept(city: City) -> int:
    with city.database() as session:
        return sum(len(session.scalars(select(each)).all()) for each in (Grant, LedgerLine, Token))


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{}"),
        (FORM, b"x" * (64 * 1024 + 1)),
        (FORM, b"\xff=\x00"),
        (FORM, b""),
        ("", b"grant_type=authorization_code"),
    ],
)
def test_a_body_that_is_no_short_form_is_passed_on_whole(
    city: City, content_type: str, body: bytes
) -> None:
    asked = environ(
        "POST", "/token", data=body, content_type=content_type, headers=basic("library")
    )

    assert passed_on(city, asked) == body


def test_a_body_cut_off_is_passed_on(city: City) -> None:
    asked = environ("POST", "/token", data=b"grant_type=x", content_type=FORM)
    asked["CONTENT_LENGTH"] = "99"

    assert passed_on(city, asked) == b"grant_type=x"


@pytest.mark.parametrize(
    ("method", "path"),
    [("HEAD", "/userinfo"), ("OPTIONS", "/token"), ("GET", "/token"), ("GET", "/authorize/")],
)
def test_other_methods_and_addresses_are_passed_on(city: City, method: str, path: str) -> None:
    assert passed_on(city, environ(method, path)) == b""


def test_a_token_in_the_address_is_not_looked_at(city: City) -> None:
    browser, _ = signed_in(city)
    access_token = city.exchange(code_of(browser)).get_json()["access_token"]
    asked = environ("GET", "/userinfo", query_string={"access_token": access_token})

    assert passed_on(city, asked) == b""


def test_a_form_may_name_its_character_set(city: City) -> None:
    browser, _ = signed_in(city)
    body = urlencode(exchange_of(code_of(browser))).encode()
    kind = f"{FORM}; charset=UTF-8"

    status, _, _ = by_express(
        city, environ("POST", "/token", data=body, content_type=kind, headers=basic("library"))
    )

    assert status == "200 OK"


def test_what_was_refused_keeps_its_aftermath(city: City) -> None:
    browser, _ = signed_in(city)
    code = code_of(browser)
    tokens = city.exchange(code).get_json()

    assert city.exchange(code).get_json()["error"] == "invalid_grant"
    assert not city.is_alive(tokens["access_token"])


def test_a_code_survives_an_exchange_that_fails(city: City) -> None:
    browser, _ = signed_in(city)
    code = code_of(browser)

    assert city.exchange(code, code_verifier="w" * 43).status_code == 400
    assert city.exchange(code).status_code == 200


def test_a_bug_is_left_to_flask_and_noted(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(*_: object, **__: object) -> dict[str, Any]:
        raise ZeroDivisionError("with a secret in it")

    monkeypatch.setattr(token, "exchange", bug)
    with capture_logs() as logs:
        response: TestResponse = city.token(grant_type="authorization_code")

    assert response.status_code == 500
    assert [each["event"] for each in logs] == ["express.failed", "bug"]
    assert logs[0]["error"] == "ZeroDivisionError"
    assert "secret" not in str(logs[0])


def test_nothing_is_kept_of_what_failed_at_the_last_moment(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, _ = signed_in(city)
    code = code_of(browser)
    monkeypatch.setattr(WorkSession, "commit", lambda _: 1 / 0)
    before = kept(city)

    passed = passed_on(
        city, environ("POST", "/token", data=exchange_of(code), headers=basic("library"))
    )

    assert passed is not None
    assert kept(city) == before


def test_nothing_is_served_that_flask_does_not_know(city: City) -> None:
    rules = city.app.url_map.iter_rules()

    assert set(express.SERVED) <= {
        (method, rule.rule) for rule in rules for method in rule.methods or ()
    }
