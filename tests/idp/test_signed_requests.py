"""Requests and responses that are JWTs (RFC 9101; JARM; FAPI 2.0 Message Signing)."""

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from werkzeug.test import TestResponse

from tests import make, proofs
from tests.flows.browser import Browser, answer, authorization
from tests.flows.provider import CALLBACK, ISSUER, City

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
KEY, OTHER = proofs.new_key(), proofs.new_key()
RSA = RSAKey.generate_key(2048, private=True)
NOW = int(make.NOON.timestamp())
MINUTE = 60


def register(city: City, profile: str = "fapi2-signed", client_id: str = "bank") -> None:
    city.register(
        client_id,
        profile=profile,
        auth_method="private_key_jwt",
        jwks=proofs.public_set(KEY, RSA),
        sector="bank.invalid",
    )


def request_object(*, key: Any = KEY, alg: str = "ES256", **changes: Any) -> str:  # JSON
    """Return what the client signs, but for `changes`."""
    usual = {
        **authorization("bank"),
        "response_mode": "jwt",
        "iss": "bank",
        "aud": ISSUER,
        "nbf": NOW,
        "exp": NOW + 5 * MINUTE,
    }
    header = {"typ": "oauth-authz-req+jwt", "kid": key.thumbprint()}
    return proofs.signed(key, {**usual, **changes}, alg=alg, **header)


def push(city: City, **form: str) -> TestResponse:
    signed = proofs.assertion(KEY, "bank", ISSUER, now=city.now)
    proven = {"client_assertion_type": proofs.ASSERTION, "client_assertion": signed}
    return city.call("/par", {**form, **proven})


def opened(city: City, told: dict[str, str]) -> dict[str, Any]:
    """Return what a signed response says, once its signature holds."""
    assert set(told) == {"response"}
    keys = KeySet.import_key_set(city.call("/jwks.json").get_json())
    return dict(jwt.decode(told["response"], keys, algorithms=["ES256"]).claims)


def bring(city: City, browser: Browser, pushed: TestResponse) -> TestResponse:
    assert pushed.status_code == 201, pushed.text
    sent = {"client_id": "bank", "request_uri": pushed.get_json()["request_uri"]}
    return browser.follow(browser.get("/authorize", sent))


def test_what_is_signed_is_asked_and_the_answer_is_signed(city: City) -> None:
    register(city)
    browser = Browser(city)
    pushed = push(city, request=request_object(), state="outside", scope="openid email")

    page = bring(city, browser, pushed)
    told = opened(city, answer(browser.consent(browser.log_in(page))))

    assert (told["state"], told["iss"], told["aud"]) == ("the-state", ISSUER, "bank")
    assert told["exp"] == NOW + 5 * MINUTE
    assert told["code"]


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": [ISSUER, "https://other.invalid"]},
        {"nbf": NOW + 8},
        {"key": RSA, "alg": "PS256"},
        {"iss": None},
        {"max_age": 3600},
        {"claims": {"userinfo": {"name": None}}},
    ],
)
def test_a_sound_request_object_is_taken(city: City, changes: dict[str, Any]) -> None:
    register(city)

    assert push(city, request=request_object(**changes)).status_code == 201


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": None},
        {"aud": "https://other.invalid"},
        {"aud": ["https://other.invalid"]},
        {"exp": None},
        {"exp": NOW - 31},
        {"exp": NOW + 62 * MINUTE},
        {"exp": "soon"},
        {"exp": 1e300},
        {"nbf": None},
        {"nbf": NOW - 70 * MINUTE},
        {"nbf": NOW + 65},
        {"iss": "another"},
        {"sub": "bank"},
        {"client_id": "library"},
        {"client_id": None},
        {"request_uri": "urn:ietf:params:oauth:request_uri:x"},
        {"request": "e30.e30.e30"},
        {"state": "\ud800"},
        {"nonce": "\0"},
        {"claims": {"userinfo": {"name": {"value": float("inf")}}}},
        {"key": OTHER},
        {"key": RSA, "alg": "RS256"},
    ],
)
def test_a_request_object_wrong_in_one_detail_is_refused(
    city: City, changes: dict[str, Any]
) -> None:
    register(city)

    response = push(city, request=request_object(**changes))

    assert response.status_code == 400
    assert response.get_json()["error"] == "invalid_request_object"


@pytest.mark.parametrize("sent", ["garbage", "a.b.c", "eyJhbGciOiJub25lIn0.e30."])
def test_what_nobody_signed_is_refused(city: City, sent: str) -> None:
    register(city)

    assert push(city, request=sent).get_json()["error"] == "invalid_request_object"


def test_a_client_of_signed_messages_takes_no_others(city: City) -> None:
    register(city)

    unsigned = push(city, **{**authorization("bank"), "response_mode": "jwt"})
    plain_answer = push(city, request=request_object(response_mode="query"))

    assert unsigned.get_json()["error"] == "invalid_request"
    assert plain_answer.get_json()["error"] == "invalid_request"


# Other clients may


def test_any_client_with_keys_may_sign_a_request_in_the_browser(city: City) -> None:
    register(city, "basic")
    browser = Browser(city)
    signed = request_object(nbf=None, exp=None, response_mode=None)

    page = browser.follow(browser.get("/authorize", {"client_id": "bank", "request": signed}))

    assert answer(browser.consent(browser.log_in(page)))["code"]


def test_a_bad_one_is_told_to_a_registered_address_and_to_nobody_else(city: City) -> None:
    register(city, "basic")
    bad = {"client_id": "bank", "request": request_object(key=OTHER)}

    told = answer(Browser(city).get("/authorize", {**bad, "redirect_uri": CALLBACK}))
    page = Browser(city).get("/authorize", bad)

    assert told["error"] == "invalid_request_object"
    assert (page.status_code, page.mimetype) == (400, "text/html")


def test_a_client_without_keys_cannot_sign(city: City) -> None:
    told = answer(Browser(city).get("/authorize", authorization(request=request_object())))

    assert told["error"] == "request_not_supported"


@pytest.mark.parametrize("mode", ["jwt", "query.jwt"])
def test_an_error_is_signed_as_well(city: City, mode: str) -> None:
    browser = Browser(city)

    told = opened(
        city, answer(browser.get("/authorize", authorization(response_mode=mode, prompt="none")))
    )

    assert (told["error"], told["state"]) == ("login_required", "the-state")


def test_a_signed_answer_may_travel_by_form(city: City) -> None:
    page = Browser(city).get(
        "/authorize", authorization(response_mode="form_post.jwt", prompt="none")
    )

    assert 'name="response"' in page.text
    assert 'name="state"' not in page.text


def test_a_signed_answer_passes_for_no_hint(city: City) -> None:
    browser = Browser(city)
    browser.sign_in()
    signed = answer(browser.get("/authorize", authorization(response_mode="jwt", prompt="none")))

    told = answer(
        browser.get("/authorize", authorization(prompt="none", id_token_hint=signed["response"]))
    )

    assert told["error"] == "invalid_request"
