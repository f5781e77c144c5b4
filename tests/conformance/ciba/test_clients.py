"""FAPI-CIBA: a client proves who it is at both endpoints, and hears only what is its own."""

from datetime import timedelta

import pytest
import requests
from joserfc.jwk import RSAKey

from tests import proofs
from tests.conformance.ciba_clients import Ciba, CibaClient, Told

pytestmark = pytest.mark.slow
P = "fapi-ciba-id1-"
RSA = RSAKey.generate_key(2048, private=True)


def is_unknown(response: requests.Response) -> bool:
    return (response.status_code, response.json()["error"]) == (401, "invalid_client")


# Proven by certificate


@pytest.mark.module(
    P + "ensure-different-client-id-and-issuer-in-backchannel-authorization-request"
)
def test_fapi_ciba_id1_ensure_different_client_id_and_issuer_in_backchannel_authorization_request(
    ciba: Ciba,
) -> None:
    request = ciba.client.signed(ciba.person.login)

    assert is_unknown(ciba.client.ask(request, signed={"client_id": ciba.another().client_id}))


@pytest.mark.module(P + "ensure-wrong-client-id-in-backchannel-authorization-request")
def test_fapi_ciba_id1_ensure_wrong_client_id_in_backchannel_authorization_request(
    ciba: Ciba,
) -> None:
    other = ciba.another()
    request = other.signed(ciba.person.login)

    assert is_unknown(ciba.client.ask(request, signed={"client_id": other.client_id}))


@pytest.mark.module(P + "ensure-wrong-client-id-in-token-endpoint-request")
def test_fapi_ciba_id1_ensure_wrong_client_id_in_token_endpoint_request(ciba: Ciba) -> None:
    told, other = ciba.waiting(), ciba.another()

    response = ciba.client.poll(told["auth_req_id"], signed={"client_id": other.client_id})

    assert is_unknown(response)


# Proven by an assertion


@pytest.mark.module(P + "ensure-without-client-assertion-in-token-endpoint-request")
def test_fapi_ciba_id1_ensure_without_client_assertion_in_token_endpoint_request(
    ciba: Ciba,
) -> None:
    told = ciba.waiting()

    named = {"client_id": ciba.client.client_id}

    assert is_unknown(ciba.client.poll(told["auth_req_id"], signed=named))


@pytest.mark.module(P + "ensure-without-client-assertion-in-backchannel-authorization-request")
def test_fapi_ciba_id1_ensure_without_client_assertion_in_backchannel_authorization_request(
    ciba: Ciba,
) -> None:
    request = ciba.client.signed(ciba.person.login)

    assert is_unknown(ciba.client.ask(request, signed={"client_id": ciba.client.client_id}))


@pytest.mark.module(
    P + "ensure-client-assertion-signature-algorithm-in-backchannel-authorization-request"
    "-is-RS256-fails"
)
def test_fapi_ciba_id1_ensure_client_assertion_signature_algorithm_in_backchannel_authorization_request_is_RS256_fails(  # noqa: E501, N802  # the module's name
    ciba: Ciba,
) -> None:
    client = with_rsa(ciba)
    request = client.signed(ciba.person.login)

    assert is_unknown(client.ask(request, signed=client.assertion(key=RSA, alg="RS256")))
    allowed = client.ask(request, signed=client.assertion(key=RSA, alg="PS256"))
    assert allowed.status_code == 200, allowed.text


@pytest.mark.module(
    P + "ensure-client-assertion-signature-algorithm-in-token-endpoint-request-is-RS256-fails"
)
def test_fapi_ciba_id1_ensure_client_assertion_signature_algorithm_in_token_endpoint_request_is_RS256_fails(  # noqa: E501, N802  # the module's name
    ciba: Ciba,
) -> None:
    client = with_rsa(ciba)
    told = ciba.waiting(client)

    signed = client.assertion(key=RSA, alg="RS256")

    assert is_unknown(client.poll(told["auth_req_id"], signed=signed))


def with_rsa(ciba: Ciba) -> CibaClient:
    """Return a client that could sign with RSA as well."""
    client = ciba.another(jwks=proofs.public_set(ciba.client.key, RSA))
    client.key = ciba.client.key
    return client


@pytest.mark.module(P + "ensure-client-assertion-with-iss-aud-to-token-endpoint-succeeds")
def test_fapi_ciba_id1_ensure_client_assertion_with_iss_aud_to_token_endpoint_succeeds(
    ciba: Ciba,
) -> None:
    told = ciba.waiting()

    for audience in (ciba.provider.issuer, f"{ciba.provider.issuer}/token"):
        signed = ciba.client.assertion(audience=audience)
        response = ciba.client.poll(told["auth_req_id"], signed=signed)
        assert response.json()["error"] in {"authorization_pending", "slow_down"}


# Told by a ping


def answered(ciba: Ciba) -> Told:
    """Let the member answer, and return what the client waited with."""
    told = ciba.waiting()
    ciba.approve(told)
    return told


def pings(ciba: Ciba, told: Told) -> int:
    return ciba.ear.told_of(told["auth_req_id"], ciba.client.notification_token)


@pytest.mark.module(P + "ping-backchannel-notification-endpoint-response-has-body")
def test_fapi_ciba_id1_ping_backchannel_notification_endpoint_response_has_body(ciba: Ciba) -> None:
    ciba.ear.status, ciba.ear.body = 200, b'{"anything": "at all"}'

    told = answered(ciba)

    assert pings(ciba, told) == 1
    assert ciba.tokens_for(told)["access_token"]


@pytest.mark.module(P + "ping-backchannel-notification-endpoint-response-401")
def test_fapi_ciba_id1_ping_backchannel_notification_endpoint_response_401(ciba: Ciba) -> None:
    ciba.ear.status = 401

    assert ciba.tokens_for(answered(ciba))["access_token"]


@pytest.mark.module(P + "ping-backchannel-notification-endpoint-response-403")
def test_fapi_ciba_id1_ping_backchannel_notification_endpoint_response_403(ciba: Ciba) -> None:
    ciba.ear.status = 403

    assert ciba.tokens_for(answered(ciba))["access_token"]


@pytest.mark.module(
    P + "ping-with-mtls-ciba-notification-endpoint-response-401-and-require-server-does-not-retry"
)
def test_fapi_ciba_id1_ping_with_mtls_ciba_notification_endpoint_response_401_and_require_server_does_not_retry(  # noqa: E501  # the module's name
    ciba: Ciba,
) -> None:
    ciba.ear.status = 401
    told = answered(ciba)

    ciba.tell(later=timedelta(hours=1))

    assert pings(ciba, told) == 1


@pytest.mark.module(P + "ping-backchannel-notification-endpoint-return-redirect-request")
def test_fapi_ciba_id1_ping_backchannel_notification_endpoint_return_redirect_request(
    ciba: Ciba,
) -> None:
    ciba.ear.status = 301
    ciba.ear.headers = {"Location": ciba.ear.url.replace("/ping", "/elsewhere")}

    told = answered(ciba)

    assert [path for path, *_ in ciba.ear.heard] == ["/ping"]
    assert ciba.tokens_for(told)["access_token"]
