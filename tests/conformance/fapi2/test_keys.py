"""FAPI 2.0 Security Profile: tokens are good only with the key they are held to (RFC 9449)."""

from datetime import timedelta
from typing import Any

import pytest
import requests
from joserfc.jwk import RSAKey

from tests import proofs
from tests.conformance.fapi import Fapi
from tests.conformance.suite import call

pytestmark = pytest.mark.slow
P = "fapi2-security-profile-final-"


@pytest.mark.module(P + "access-token-type-header-case-sensitivity")
def test_access_token_type_header_case_sensitivity(fapi: Fapi) -> None:
    token = fapi.tokens()["access_token"]

    word = fapi.client.kind

    assert {
        fapi.resource(token, scheme=each).status_code for each in (word, word.lower(), word.upper())
    } == {200}


@pytest.mark.module(P + "check-dpop-proof-nbf-exp")
def test_check_dpop_proof_nbf_exp(fapi: Fapi) -> None:
    moment = int(fapi.now().timestamp())
    code = fapi.code()

    def redeem(**claims: Any) -> requests.Response:
        return fapi.client.redeem(code, proof=fapi.client.proof("/token", **claims))

    assert redeem(exp=moment - 3600).json()["error"] == "invalid_dpop_proof"
    assert redeem(nbf=moment + 3600).json()["error"] == "invalid_dpop_proof"
    assert redeem(nbf=moment - 10, exp=moment + 60).status_code == 200


def redeemed_at(fapi: Fapi, **away: float) -> int:
    """Return how a proof is answered that was made so far from now."""
    made = fapi.now() + timedelta(**away)
    proof = fapi.client.proof("/token", now=made)
    return fapi.client.redeem(fapi.code(), proof=proof).status_code


@pytest.mark.module(P + "ensure-dpopproof-with-iat-10seconds-before-succeeds")
def test_ensure_dpopproof_with_iat_10seconds_before_succeeds(fapi: Fapi) -> None:
    assert redeemed_at(fapi, seconds=-10) == 200


@pytest.mark.module(P + "ensure-dpopproof-with-iat-10seconds-after-succeeds")
def test_ensure_dpopproof_with_iat_10seconds_after_succeeds(fapi: Fapi) -> None:
    assert redeemed_at(fapi, seconds=10) == 200


@pytest.mark.module(P + "ensure-mismatched-dpop-jkt-fails")
def test_ensure_mismatched_dpop_jkt_fails(fapi: Fapi) -> None:
    request = fapi.form(dpop_jkt=proofs.new_key().thumbprint())

    response = fapi.client.post("/par", request, proof=fapi.client.proof("/par"))

    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


@pytest.mark.module(P + "ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt")
def test_ensure_token_endpoint_fails_with_mismatched_dpop_proof_jkt(fapi: Fapi) -> None:
    pushed = fapi.client.post("/par", fapi.form(), proof=fapi.client.proof("/par"))
    fapi.bring(pushed)
    other = fapi.client.proof("/token", key=proofs.new_key())

    assert fapi.client.redeem(fapi.walk()["code"], proof=other).json()["error"] == "invalid_grant"


@pytest.mark.module(P + "ensure-token-endpoint-fails-with-mismatched-dpop-jkt")
def test_ensure_token_endpoint_fails_with_mismatched_dpop_jkt(fapi: Fapi) -> None:
    code = fapi.code(dpop_jkt=proofs.new_key().thumbprint())

    assert fapi.client.redeem(code).json()["error"] == "invalid_grant"


@pytest.mark.module(P + "ensure-dpopproof-at-par-endpoint-binding-success")
def test_ensure_dpopproof_at_par_endpoint_binding_success(fapi: Fapi) -> None:
    pushed = fapi.client.post("/par", fapi.form(), proof=fapi.client.proof("/par"))
    fapi.bring(pushed)

    assert fapi.client.redeem(fapi.walk()["code"]).status_code == 200


@pytest.mark.module(P + "ensure-dpop-auth-code-binding-success")
def test_ensure_dpop_auth_code_binding_success(fapi: Fapi) -> None:
    assert fapi.tokens(dpop_jkt=fapi.client.dpop_key.thumbprint())


@pytest.mark.module(P + "ensure-holder-of-key-required")
def test_ensure_holder_of_key_required(fapi: Fapi) -> None:
    response = fapi.client.redeem(fapi.code(), proof="", bare=fapi.pair.held_to_certificate)

    refused = (400, "invalid_dpop_proof")
    if fapi.pair.held_to_certificate:
        refused = (400, "invalid_request")
    if fapi.pair.held_to_certificate and fapi.pair.proven_by_certificate:
        refused = (401, "invalid_client")
    assert (response.status_code, response.json()["error"]) == refused


@pytest.mark.module(P + "dpop-negative-tests")
def test_dpop_negative_tests(fapi: Fapi) -> None:
    token = fapi.tokens()["access_token"]
    client = fapi.client
    moment = int(fapi.now().timestamp())
    rsa = RSAKey.generate_key(2048, private=True)
    private = client.dpop_key.as_dict(private=True)

    def proof(**changes: Any) -> str:  # JSON
        return client.proof("/userinfo", method="GET", **{"token": token, **changes})

    def status(sent: str, **more: Any) -> int:
        return fapi.resource(token, proof=sent, **more).status_code

    wrong = [
        "not.a.jwt",
        proof()[:-8] + "AAAAAAAA",
        f"{proof()},{proof()}",
        proof(header={"typ": None}),
        proof(header={"typ": "JWT"}),
        proof(header={"jwk": None}),
        proof(header={"jwk": private}),
        proof(header={"jwk": proofs.new_key().as_dict(private=False)}),
        *(proof(**{name: None}) for name in ("jti", "htm", "htu", "iat")),
        proof(token=None),
        proof(token="another"),
        proof(htm="POST"),
        proof(htu=f"{fapi.provider.issuer}/token"),
        proof(iat=moment - 3600),
        proof(iat=moment + 3600),
        proofs.signed(rsa, {"htm": "GET"}, alg="RS256", typ="dpop+jwt", jwk=rsa.as_dict()),
        proof(key=proofs.new_key()),
    ]
    assert {status(each) for each in wrong} == {401}

    right = proof()
    assert status(right) == 200
    assert status(right) == 401  # used before
    assert status(proof(htu=f"{fapi.client.base}/userinfo?a=b#c")) == 200
    assert status(proof(), header="authorization") == 200

    bearer = fapi.provider.call("/userinfo", token=token)
    assert bearer.status_code == 401
    assert bearer.headers["WWW-Authenticate"].startswith("Bearer ")
    two = call(
        "GET",
        f"{fapi.provider.issuer}/userinfo",
        headers={"Authorization": f"DPoP {token}"},
    )
    assert two.status_code == 401
    assert two.headers["WWW-Authenticate"].startswith("DPoP ")
