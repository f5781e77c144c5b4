"""FAPI 2.0 Security Profile: requests, and what may and may not be in them."""

import json
from typing import Any

import pytest

from tests import mtls
from tests.conformance.fapi import SECOND, Fapi
from tests.conformance.suite import CALLBACK, call
from tests.live.server import DISCOVERY

pytestmark = pytest.mark.slow
P = "fapi2-security-profile-final-"


@pytest.mark.module(P + "discovery-end-point-verification")
def test_discovery_end_point_verification(fapi: Fapi) -> None:
    told = fapi.provider.call(DISCOVERY).json()

    assert "code" in told["response_types_supported"]
    assert told["authorization_response_iss_parameter_supported"] is True
    assert told["pushed_authorization_request_endpoint"] == fapi.provider.issuer + "/par"
    assert {"private_key_jwt", "tls_client_auth"} <= set(
        told["token_endpoint_auth_methods_supported"]
    )
    assert told["tls_client_certificate_bound_access_tokens"] is True
    assert told["mtls_endpoint_aliases"]["token_endpoint"] == mtls.FRONT + "/token"
    assert told["code_challenge_methods_supported"] == ["S256"]
    strong = {"PS256", "ES256", "EdDSA"}
    assert strong <= set(told["token_endpoint_auth_signing_alg_values_supported"])
    assert strong == set(told["dpop_signing_alg_values_supported"])
    assert strong & set(told["id_token_signing_alg_values_supported"])


@pytest.mark.module(P + "happy-flow")
def test_happy_flow(fapi: Fapi) -> None:
    second = fapi.another()

    first_tokens = fapi.tokens()
    fapi.bring(fapi.push(second, redirect_uri=SECOND), second)
    told = fapi.walk()
    second_tokens = second.redeem(told["code"], redirect_uri=SECOND).json()

    assert told["iss"] == fapi.provider.issuer
    assert told["dummy1"] == "lorem"
    assert first_tokens["token_type"] == second_tokens["token_type"] == second.kind
    assert fapi.claims(first_tokens["id_token"])["iss"] == fapi.provider.issuer
    assert fapi.resource(first_tokens["access_token"]).status_code == 200


@pytest.mark.module(P + "user-rejects-authentication")
def test_user_rejects_authentication(fapi: Fapi) -> None:
    fapi.bring(fapi.push()).submit("cancel_login")

    assert fapi.answer()["error"] == "access_denied"


@pytest.mark.module(P + "ensure-authorization-request-without-state-success")
def test_ensure_authorization_request_without_state_success(fapi: Fapi) -> None:
    fapi.bring(fapi.push(state=None))

    assert "state" not in fapi.walk()


@pytest.mark.module(P + "ensure-authorization-request-without-nonce-success")
def test_ensure_authorization_request_without_nonce_success(fapi: Fapi) -> None:
    assert "nonce" not in fapi.claims(fapi.tokens(nonce=None)["id_token"])


@pytest.mark.module(P + "ensure-authorization-request-with-64-char-nonce-success")
def test_ensure_authorization_request_with_64_char_nonce_success(fapi: Fapi) -> None:
    assert fapi.claims(fapi.tokens(nonce="n" * 64)["id_token"])["nonce"] == "n" * 64


@pytest.mark.module(P + "ensure-other-scope-order-succeeds")
def test_ensure_other_scope_order_succeeds(fapi: Fapi) -> None:
    assert fapi.tokens(scope="profile openid")


@pytest.mark.module(P + "test-claims-parameter-identity-claims")
def test_test_claims_parameter_identity_claims(fapi: Fapi) -> None:
    wanted = {"id_token": {"name": None}, "userinfo": {"email": {"essential": True}}}
    tokens = fapi.tokens(claims=json.dumps(wanted))

    assert fapi.claims(tokens["id_token"])["name"]
    assert fapi.resource(tokens["access_token"]).json()["email"]


@pytest.mark.module(P + "ensure-different-nonce-inside-and-outside-request-object")
def test_ensure_different_nonce_inside_and_outside_request_object(fapi: Fapi) -> None:
    outside(fapi, fapi.form(nonce="inside"), nonce="outside")
    tokens = fapi.client.redeem(fapi.walk()["code"]).json()

    assert fapi.claims(tokens["id_token"])["nonce"] == "inside"


@pytest.mark.module(P + "ensure-different-state-inside-and-outside-request-object")
def test_ensure_different_state_inside_and_outside_request_object(fapi: Fapi) -> None:
    outside(fapi, fapi.form(state="inside"), state="outside")

    assert fapi.walk()["state"] == "inside"


@pytest.mark.module(P + "state-only-outside-request-object-not-used")
def test_state_only_outside_request_object_not_used(fapi: Fapi) -> None:
    outside(fapi, fapi.form(state=None), state="outside")

    assert "state" not in fapi.walk()


def outside(fapi: Fapi, inside: dict[str, str], **more: str) -> None:
    """Push one thing, and say more in the browser."""
    pushed = fapi.client.post("/par", inside).json()["request_uri"]
    said = {"client_id": fapi.client.client_id, "request_uri": pushed, **more}
    fapi.visitor.open(fapi.url(said))


@pytest.mark.module(P + "ensure-authorization-request-with-long-nonce")
def test_ensure_authorization_request_with_long_nonce(fapi: Fapi) -> None:
    assert fapi.claims(fapi.tokens(nonce="n" * 384)["id_token"])["nonce"] == "n" * 384


@pytest.mark.module(P + "ensure-authorization-request-with-long-state")
def test_ensure_authorization_request_with_long_state(fapi: Fapi) -> None:
    fapi.bring(fapi.push(state="s" * 384))

    assert fapi.walk()["state"] == "s" * 384


def refused(fapi: Fapi, **changes: Any) -> str:
    """Return the error that a pushed request is answered with."""
    response = fapi.push(**changes)
    assert response.status_code == 400, response.text
    return str(response.json()["error"])


@pytest.mark.module(P + "ensure-request-object-without-redirect-uri-fails")
def test_ensure_request_object_without_redirect_uri_fails(fapi: Fapi) -> None:
    assert refused(fapi, redirect_uri=None) == "invalid_request"


@pytest.mark.module(P + "plain-fapi-tolerate-unregistered-redirect-uri")
def test_plain_fapi_tolerate_unregistered_redirect_uri(fapi: Fapi) -> None:
    assert refused(fapi, redirect_uri=f"{CALLBACK}/another") == "invalid_request"


@pytest.mark.module(P + "ensure-unsigned-authorization-request-without-using-par-fails")
def test_ensure_unsigned_authorization_request_without_using_par_fails(fapi: Fapi) -> None:
    fapi.visitor.open(fapi.url(fapi.request()))

    assert fapi.answer()["error"] == "invalid_request"


@pytest.mark.module(P + "ensure-redirect-uri-in-authorization-request")
def test_ensure_redirect_uri_in_authorization_request(fapi: Fapi) -> None:
    fapi.visitor.open(fapi.url(fapi.request(redirect_uri=None)))

    assert (fapi.visitor.status, fapi.visitor.has_stopped()) == (400, False)


@pytest.mark.module(P + "ensure-response-type-code-idtoken-fails")
def test_ensure_response_type_code_idtoken_fails(fapi: Fapi) -> None:
    assert refused(fapi, response_type="code id_token") == "unsupported_response_type"


@pytest.mark.module(P + "ensure-response-type-token-fails")
def test_ensure_response_type_token_fails(fapi: Fapi) -> None:
    assert refused(fapi, response_type="token") == "unsupported_response_type"


@pytest.mark.module(P + "par-ensure-reused-request-uri-prior-to-auth-completion-succeeds")
def test_par_ensure_reused_request_uri_prior_to_auth_completion_succeeds(fapi: Fapi) -> None:
    pushed = fapi.push()
    fapi.bring(pushed)
    fapi.bring(pushed)

    assert fapi.client.redeem(fapi.walk()["code"]).status_code == 200


@pytest.mark.module(P + "par-attempt-reuse-request_uri")
def test_par_attempt_reuse_request_uri(fapi: Fapi) -> None:
    pushed = fapi.push()
    fapi.bring(pushed)
    fapi.walk()

    again = fapi.bring(pushed)

    assert (again.status, again.has_stopped()) == (400, False)


@pytest.mark.module(P + "par-attempt-to-use-expired-request_uri")
def test_par_attempt_to_use_expired_request_uri(fapi: Fapi) -> None:
    pushed = fapi.push()
    fapi.let_pass(seconds=int(pushed.json()["expires_in"]))

    late = fapi.bring(pushed)

    assert (late.status, late.has_stopped()) == (400, False)


@pytest.mark.module(P + "par-attempt-to-use-request_uri-for-different-client")
def test_par_attempt_to_use_request_uri_for_different_client(fapi: Fapi) -> None:
    thief = fapi.another()

    page = fapi.bring(fapi.push(), thief)

    assert (page.status, page.has_stopped()) == (400, False)


@pytest.mark.module(P + "par-authorization-request-containing-request_uri-form-param")
def test_par_authorization_request_containing_request_uri_form_param(fapi: Fapi) -> None:
    first = fapi.push().json()["request_uri"]

    response = fapi.client.post("/par", {**fapi.form(), "request_uri": first})

    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


@pytest.mark.module(P + "par-attempt-invalid-http-method")
def test_par_attempt_invalid_http_method(fapi: Fapi) -> None:
    response = call("GET", f"{fapi.provider.issuer}/par", params=fapi.request())

    assert response.status_code == 405
    assert set(response.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}


@pytest.mark.module(P + "par-ensure-pkce-required")
def test_par_ensure_pkce_required(fapi: Fapi) -> None:
    assert refused(fapi, code_challenge=None, code_challenge_method=None) == "invalid_request"


@pytest.mark.module(P + "par-plain-pkce-rejected")
def test_par_plain_pkce_rejected(fapi: Fapi) -> None:
    assert refused(fapi, code_challenge_method="plain") == "invalid_request"


@pytest.mark.module(P + "par-without-duplicate-parameters")
def test_par_without_duplicate_parameters(fapi: Fapi) -> None:
    page = fapi.bring(fapi.push())

    assert page.url.startswith(fapi.provider.issuer)
    assert fapi.walk()["code"]
