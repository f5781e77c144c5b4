"""FAPI 2.0 Security Profile: a client proves who it is, and its code is nobody else's."""

from datetime import timedelta
from typing import Any

import pytest
import requests
from joserfc.jwk import RSAKey

from tests import proofs
from tests.conformance.fapi import Fapi

pytestmark = pytest.mark.slow
P = "fapi2-security-profile-final-"


def failed(response: requests.Response) -> bool:
    return (response.status_code, response.json()["error"]) == (401, "invalid_client")


def at_token(fapi: Fapi, **changes: Any) -> requests.Response:  # claims are JSON
    return fapi.client.redeem(fapi.code(), signed=fapi.client.assertion(**changes))


def at_par(fapi: Fapi, **changes: Any) -> requests.Response:  # same
    return fapi.client.post("/par", fapi.form(), signed=fapi.client.assertion(**changes))


@pytest.mark.module(P + "ensure-client-id-in-token-endpoint")
def test_ensure_client_id_in_token_endpoint(fapi: Fapi) -> None:
    other = fapi.another()
    code = fapi.code()

    assert failed(fapi.client.redeem(code, client_id=other.client_id))
    assert fapi.client.redeem(code, client_id=fapi.client.client_id).status_code == 200


@pytest.mark.module(P + "ensure-authorization-code-is-bound-to-client")
def test_ensure_authorization_code_is_bound_to_client(fapi: Fapi) -> None:
    other = fapi.another()

    assert other.redeem(fapi.code()).json()["error"] == "invalid_grant"


@pytest.mark.module(P + "attempt-reuse-authorization-code-after-one-second")
def test_attempt_reuse_authorization_code_after_one_second(fapi: Fapi) -> None:
    code = fapi.code()
    token = fapi.client.redeem(code).json()["access_token"]
    fapi.let_pass(seconds=1)

    again = fapi.client.redeem(code)

    assert again.json()["error"] == "invalid_grant"
    assert fapi.resource(token).status_code == 401


@pytest.mark.module(P + "ensure-token-endpoint-fails-with-expired-auth-code")
def test_ensure_token_endpoint_fails_with_expired_auth_code(fapi: Fapi) -> None:
    code = fapi.code()
    fapi.let_pass(seconds=60)

    assert fapi.client.redeem(code).json()["error"] == "invalid_grant"


@pytest.mark.module(P + "ensure-signed-client-assertion-with-RS256-fails")
def test_ensure_signed_client_assertion_with_RS256_fails(fapi: Fapi) -> None:  # noqa: N802
    key = RSAKey.generate_key(2048, private=True)
    own = fapi.client.key
    fapi.client = fapi.another(jwks=proofs.public_set(own, key))
    fapi.client.key = own

    assert failed(at_par(fapi, key=key, alg="RS256"))
    assert at_par(fapi, key=key, alg="PS256").status_code == 201


@pytest.mark.module(P + "ensure-client-assertion-in-token-endpoint")
def test_ensure_client_assertion_in_token_endpoint(fapi: Fapi) -> None:
    code = fapi.code()

    assert failed(fapi.client.redeem(code, signed={"client_id": fapi.client.client_id}))


@pytest.mark.module(P + "ensure-client-assertion-with-exp-is-5-minutes-in-past-fails")
def test_ensure_client_assertion_with_exp_is_5_minutes_in_past_fails(fapi: Fapi) -> None:
    assert failed(at_token(fapi, at=timedelta(minutes=-6)))


@pytest.mark.module(P + "ensure-client-assertion-with-wrong-aud-fails")
def test_ensure_client_assertion_with_wrong_aud_fails(fapi: Fapi) -> None:
    assert failed(at_token(fapi, audience="https://www.other1.example.com/"))


@pytest.mark.module(P + "ensure-client-assertion-with-no-sub-fails")
def test_ensure_client_assertion_with_no_sub_fails(fapi: Fapi) -> None:
    assert failed(at_token(fapi, sub=None))


@pytest.mark.module(P + "par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted")
def test_par_ensure_jwt_client_assertions_nbf_8_seconds_in_the_future_is_accepted(
    fapi: Fapi,
) -> None:
    assert nbf_in(fapi, seconds=8).status_code == 201


@pytest.mark.module(P + "par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails")
def test_par_ensure_jwt_client_assertions_nbf_over_60_seconds_in_the_future_fails(
    fapi: Fapi,
) -> None:
    assert failed(nbf_in(fapi, seconds=65))


def nbf_in(fapi: Fapi, *, seconds: int) -> requests.Response:
    client = fapi.client
    at = fapi.now() + timedelta(seconds=seconds)
    signed = client.assertion(nbf=int(at.timestamp()))
    return client.post("/par", fapi.form(), signed=signed)


@pytest.mark.module(P + "par-test-array-as-audience-fails")
def test_par_test_array_as_audience_fails(fapi: Fapi) -> None:
    assert failed(at_par(fapi, audience=[fapi.provider.issuer]))


@pytest.mark.module(P + "par-test-par-endpoint-url-as-audience-fails")
def test_par_test_par_endpoint_url_as_audience_fails(fapi: Fapi) -> None:
    assert failed(at_par(fapi, audience=f"{fapi.provider.issuer}/par"))


@pytest.mark.module(P + "par-test-token-endpoint-url-as-audience-fails")
def test_par_test_token_endpoint_url_as_audience_fails(fapi: Fapi) -> None:
    assert failed(at_par(fapi, audience=f"{fapi.provider.issuer}/token"))


@pytest.mark.module(P + "ensure-pkce-code-verifier-required")
def test_ensure_pkce_code_verifier_required(fapi: Fapi) -> None:
    response = fapi.client.redeem(fapi.code(), code_verifier=None)

    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


@pytest.mark.module(P + "incorrect-pkce-code-verifier-rejected")
def test_incorrect_pkce_code_verifier_rejected(fapi: Fapi) -> None:
    response = fapi.client.redeem(fapi.code(), code_verifier="x" * 43)

    assert (response.status_code, response.json()["error"]) == (400, "invalid_grant")


@pytest.mark.module(P + "refresh-token")
def test_refresh_token(fapi: Fapi) -> None:
    tokens = fapi.tokens()
    token, client, other = tokens["refresh_token"], fapi.client, fapi.another()
    unheld = {"pkjwt+mtls": "invalid_request", "mtls+mtls": "invalid_client"}

    assert failed(client.renew(token, signed={"client_id": client.client_id}, bare=True))
    without = client.renew(token, proof=None, bare=fapi.pair.held_to_certificate)
    assert without.json()["error"] == unheld.get(fapi.name, "invalid_dpop_proof")
    assert other.renew(token).json()["error"] == "invalid_grant"

    first = client.renew(token).json()
    fapi.let_pass(seconds=31)
    second = client.renew(token).json()

    assert "refresh_token" not in first  # it is kept, not replaced
    assert fapi.resource(first["access_token"]).status_code == 200
    assert fapi.resource(second["access_token"]).status_code == 200
    assert proofs.hash_of(first["access_token"]) != proofs.hash_of(second["access_token"])
