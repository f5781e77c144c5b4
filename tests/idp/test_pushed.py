"""Requests pushed from server to server: kept for a minute and a half, answered once (RFC 9126)."""

from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from idp.models import PushedRequest
from tests import make
from tests.flows.browser import Browser, answer, authorization
from tests.flows.provider import City, basic
from tests.idp.test_races import at_once

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def push(city: City, client_id: str = "library", **changes: str | None) -> TestResponse:
    request = authorization(client_id, **changes)
    return city.call("/par", request, headers=basic(client_id))


def pushed(city: City, client_id: str = "library", **changes: str | None) -> dict[str, Any]:
    """Return what `/authorize` needs of a request that was pushed."""
    response = push(city, client_id, **changes)
    assert response.status_code == 201, response.text
    return {"client_id": client_id, "request_uri": response.get_json()["request_uri"]}


def bring(browser: Browser, sent: dict[str, Any], **more: str) -> TestResponse:
    return browser.follow(browser.get("/authorize", {**sent, **more}))


def test_a_pushed_request_leads_to_the_same_code(city: City) -> None:
    browser = Browser(city)
    page = browser.log_in(bring(browser, pushed(city)))

    told = answer(browser.consent(page))

    assert told["state"] == "the-state"
    assert city.exchange(told["code"]).status_code == 200


@one_database
def test_it_is_answered_201_and_kept_nowhere_in_the_clear(city: City) -> None:
    response = push(city)

    told = response.get_json()
    assert (response.status_code, told["expires_in"]) == (201, 90)
    assert response.headers["Cache-Control"] == "no-store"
    assert told["request_uri"].startswith("urn:ietf:params:oauth:request_uri:")
    with city.database() as session:
        kept = session.scalars(select(PushedRequest)).one()
        assert told["request_uri"] not in str(kept.parameters)
        assert make.SECRET not in str(kept.parameters)


@one_database
def test_what_is_said_beside_the_name_counts_for_nothing(city: City) -> None:
    browser = Browser(city)
    browser.sign_in()

    told = answer(
        bring(browser, pushed(city), state="another", scope="openid email", prompt="login")
    )

    assert told["state"] == "the-state"
    assert city.exchange(told["code"]).get_json()["scope"] == "openid profile"


def refused(page: TestResponse) -> bool:
    return page.status_code == 400 and "/authorize" not in page.headers.get("Location", "")


@pytest.mark.refusal("request.pushed_unknown")
@one_database
def test_a_name_opens_nothing_once_it_was_answered(city: City) -> None:
    browser, sent = Browser(city), pushed(city)
    browser.sign_in()

    assert answer(bring(browser, sent))["code"]
    assert refused(bring(browser, sent))


@one_database
def test_a_name_opens_nothing_after_ninety_seconds(city: City) -> None:
    browser, sent = Browser(city), pushed(city)
    browser.sign_in()

    city.wait(seconds=89)
    assert bring(Browser(city), sent).status_code == 200
    city.wait(seconds=1)
    assert refused(bring(browser, sent))


@one_database
def test_a_name_is_its_clients_and_cannot_be_guessed(city: City) -> None:
    browser, sent = Browser(city), pushed(city)

    assert refused(bring(browser, {**sent, "client_id": "archive"}))
    assert refused(bring(browser, {**sent, "client_id": "nobody"}))
    assert refused(bring(browser, {**sent, "request_uri": sent["request_uri"] + "x"}))
    assert refused(bring(browser, {"request_uri": sent["request_uri"]}))


def test_the_login_may_take_longer_than_the_name_lives(city: City) -> None:
    browser = Browser(city)
    page = bring(browser, pushed(city))
    city.wait(minutes=20)

    told = answer(browser.consent(browser.log_in(page)))

    assert city.exchange(told["code"]).status_code == 200


def test_of_two_tabs_with_one_name_one_gets_a_code(city: City) -> None:
    browser, sent = Browser(city), pushed(city)
    first, second = bring(browser, sent), bring(browser, sent)
    page = browser.log_in(first)
    one = answer(browser.consent(page))

    other = answer(browser.follow(browser.get(second.request.path.removesuffix("/login"))))

    assert one["code"]
    assert other["error"] == "invalid_request"


def test_of_several_browsers_at_once_one_gets_a_code(city: City) -> None:
    sent = pushed(city, prompt="none")
    browsers = [Browser(city) for _ in range(4)]
    for browser in browsers:
        browser.sign_in()
    waiting = iter(browsers)

    answers = at_once(lambda: next(waiting).get("/authorize", sent))

    codes = [each for each in answers if "code=" in each.headers.get("Location", "")]
    assert len(codes) == 1


@one_database
def test_an_expired_login_leads_back_to_the_client(city: City) -> None:
    browser = Browser(city)
    page = bring(browser, pushed(city))
    city.wait(minutes=31)

    late = browser.log_in(page)

    assert late.status_code == 410
    assert 'href="https://library.invalid/"' in late.text
    assert "request_uri" not in late.text


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"redirect_uri": None}, "invalid_request"),
        ({"redirect_uri": "https://attacker.invalid/"}, "invalid_request"),
        ({"request_uri": "https://library.invalid/r"}, "invalid_request"),
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": None}, "invalid_request"),
        ({"dpop_jkt": "short"}, "invalid_request"),
        ({"scope": "openid phone"}, "invalid_scope"),
        ({"client_id": "archive"}, "invalid_client"),
    ],
)
@one_database
def test_a_bad_request_is_refused_to_the_back_end_in_json(
    city: City, changes: dict[str, str | None], error: str
) -> None:
    request = authorization(**changes)

    response = city.call("/par", request, headers=basic("library"))

    assert response.status_code == (401 if error == "invalid_client" else 400)
    assert response.get_json()["error"] == error


@one_database
def test_nobody_pushes_without_proving_who_they_are(city: City) -> None:
    response = city.call("/par", authorization())

    assert (response.status_code, response.get_json()["error"]) == (401, "invalid_client")


@one_database
def test_a_repeated_parameter_is_refused(city: City) -> None:
    response = city.call("/par", b"state=a&state=b&client_id=library", headers=basic("library"))

    assert (response.status_code, response.get_json()["error"]) == (400, "invalid_request")
