"""Proofs that must hold a nonce of ours: made now, and not in advance (RFC 9449 8, 9)."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from idp.nonces import SPAN, Nonces
from tests import proofs
from tests.flows.browser import Browser, authorization
from tests.flows.provider import CALLBACK, ISSUER, VERIFIER, City, basic
from tests.make import NOON

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
KEY = proofs.new_key()
OURS, OTHERS = Nonces(b"k" * 32), Nonces(b"o" * 32)


# The nonce


def test_every_process_gives_out_the_same_and_knows_it_again() -> None:
    nonce = OURS.at(NOON)

    assert Nonces(b"k" * 32).at(NOON + SPAN - timedelta(seconds=1)) == nonce
    assert OURS.at(NOON + SPAN) != nonce
    for away in (-SPAN, timedelta(0), SPAN):
        assert OURS.is_fresh(nonce, now=NOON + away)
    assert not OURS.is_fresh(nonce, now=NOON + 2 * SPAN)
    assert not OTHERS.is_fresh(nonce, now=NOON)


@given(st.none() | st.text(max_size=60))
def test_nothing_else_is_fresh(sent: str | None) -> None:
    assert not OURS.is_fresh(sent, now=NOON)
    assert not OURS.is_fresh("\ud800", now=NOON)


# The endpoints


@pytest.fixture
def careful(city: City) -> City:
    city.configure(dpop_nonces=True)
    return city


def proof(city: City, method: str, path: str, **changes: Any) -> str:  # JSON
    return proofs.proof(KEY, method, ISSUER + path, now=city.now, **changes)


def redeem(city: City, code: str, **changes: Any) -> TestResponse:  # JSON
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    shown = {"DPoP": proof(city, "POST", "/token", **changes)}
    return city.call("/token", form, headers={**basic("library"), **shown})


def nonce_of(response: TestResponse) -> str:
    return response.headers["DPoP-Nonce"]


def test_without_a_nonce_a_code_is_not_taken_and_one_is_told(careful: City) -> None:
    code = Browser(careful).code()

    asked = redeem(careful, code)
    answered = redeem(careful, code, nonce=nonce_of(asked))

    assert (asked.status_code, asked.get_json()["error"]) == (400, "use_dpop_nonce")
    assert answered.get_json()["token_type"] == "DPoP"
    assert nonce_of(answered) == nonce_of(asked)


@one_database
@pytest.mark.parametrize("nonce", ["guessed", "", 7, ["x"]], ids=repr)
def test_any_other_nonce_is_as_good_as_none(careful: City, nonce: object) -> None:
    asked = redeem(careful, Browser(careful).code(), nonce=nonce)

    assert asked.get_json()["error"] == "use_dpop_nonce"


@one_database
def test_an_old_nonce_is_told_its_successor(careful: City) -> None:
    code = Browser(careful).code()
    old = nonce_of(redeem(careful, code))
    careful.wait(seconds=2 * SPAN.total_seconds())

    asked = redeem(careful, Browser(careful).code(), nonce=old)

    assert asked.get_json()["error"] == "use_dpop_nonce"
    assert nonce_of(asked) != old


@one_database
def test_a_pushed_request_is_asked_for_one_too(careful: City) -> None:
    def push(**changes: str) -> TestResponse:
        shown = {"DPoP": proof(careful, "POST", "/par", **changes)}
        return careful.call("/par", authorization(), headers={**basic("library"), **shown})

    asked = push()

    assert (asked.status_code, asked.get_json()["error"]) == (400, "use_dpop_nonce")
    assert push(nonce=nonce_of(asked)).status_code == 201


@one_database
def test_the_protected_resource_is_asked_in_its_own_words(careful: City) -> None:
    code = Browser(careful).code()
    token = redeem(careful, code, nonce=nonce_of(redeem(careful, code))).get_json()["access_token"]

    def ask(**changes: str) -> TestResponse:
        sent = proof(careful, "GET", "/userinfo", token=token, **changes)
        headers = {"Authorization": f"DPoP {token}", "DPoP": sent}
        return careful.call("/userinfo", headers=headers)

    asked = ask()

    assert asked.status_code == 401
    assert 'error="use_dpop_nonce"' in asked.headers["WWW-Authenticate"]
    assert asked.headers["Access-Control-Expose-Headers"] == "WWW-Authenticate, DPoP-Nonce"
    assert ask(nonce=nonce_of(asked)).get_json()["name"]


@one_database
def test_an_assertion_may_be_shown_again_with_the_nonce(careful: City) -> None:
    jwks = proofs.public_set(KEY)
    careful.register(
        "robot", auth_method="private_key_jwt", jwks=jwks, sector="robot.invalid", profile="fapi2"
    )
    signed = proofs.assertion(KEY, "robot", ISSUER, now=careful.now)
    form = {"client_assertion_type": proofs.ASSERTION, "client_assertion": signed}

    def push(**changes: str) -> TestResponse:
        shown = {"DPoP": proof(careful, "POST", "/par", **changes)}
        return careful.call("/par", {**authorization("robot"), **form}, headers=shown)

    assert push(nonce=nonce_of(push())).status_code == 201


@one_database
def test_who_sends_no_proof_hears_nothing_of_nonces(careful: City) -> None:
    response = careful.exchange(Browser(careful).code())

    assert response.get_json()["token_type"] == "Bearer"
    assert "DPoP-Nonce" not in response.headers


@one_database
def test_where_none_is_demanded_none_is_told(city: City) -> None:
    response = redeem(city, Browser(city).code(), nonce="anything")

    assert response.status_code == 200
    assert "DPoP-Nonce" not in response.headers
