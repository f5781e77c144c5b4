"""FAPI-CIBA: a counter asks, the member answers elsewhere, the counter polls or is pinged."""

import pytest

from tests.conformance.ciba_clients import Ciba
from tests.live.server import DISCOVERY

pytestmark = pytest.mark.slow
P = "fapi-ciba-id1"
LOREM = "1234 \U0001f44d\U0001f3ff 品川 Lorem ipsum dolor sit amet, consectetur adipiscing elit."


@pytest.mark.module(P + "-discovery-end-point-verification")
def test_fapi_ciba_id1_discovery_end_point_verification(ciba: Ciba) -> None:
    told = ciba.provider.call(DISCOVERY).json()

    assert told["backchannel_authentication_endpoint"].startswith(ciba.provider.issuer)
    assert "urn:openid:params:grant-type:ciba" in told["grant_types_supported"]
    assert {"poll", "ping"} == set(told["backchannel_token_delivery_modes_supported"])
    algorithms = told["backchannel_authentication_request_signing_alg_values_supported"]
    assert {"PS256", "ES256"} <= set(algorithms)
    assert "none" not in algorithms
    assert told["backchannel_user_code_parameter_supported"] is False
    assert told["tls_client_certificate_bound_access_tokens"] is True
    assert {"private_key_jwt", "tls_client_auth"} <= set(
        told["token_endpoint_auth_methods_supported"]
    )


@pytest.mark.module(P)
def test_fapi_ciba_id1(ciba: Ciba) -> None:
    second = ciba.another()

    for client in (ciba.client, second):
        told = ciba.waiting(client)
        assert len(told["auth_req_id"]) >= 43  # 256 bit in base64url
        assert told["expires_in"] > 0
        assert told["interval"] > 0
        assert client.poll(told["auth_req_id"]).json()["error"] == "authorization_pending"
        ciba.approve(told)
        ciba.let_pass(seconds=5)
        tokens = ciba.tokens_for(told, client)
        claims = ciba.claims(tokens["id_token"])
        assert (claims["iss"], claims["aud"]) == (ciba.provider.issuer, client.client_id)
        assert not {"c_hash", "s_hash", "nonce"} & claims.keys()
        ciba.client = client
        assert ciba.resource(tokens["access_token"]).json()["sub"] == claims["sub"]
        pings = ciba.ear.told_of(told["auth_req_id"], client.notification_token)
        assert pings == (1 if ciba.way.pings else 0)


@pytest.mark.module(P + "-user-rejects-authentication")
def test_fapi_ciba_id1_user_rejects_authentication(ciba: Ciba) -> None:
    told = ciba.waiting()

    ciba.reject()

    response = ciba.client.poll(told["auth_req_id"])
    assert (response.status_code, response.json()["error"]) == (400, "access_denied")


@pytest.mark.module(P + "-multiple-call-to-token-endpoint")
def test_fapi_ciba_id1_multiple_call_to_token_endpoint(ciba: Ciba) -> None:
    told = ciba.waiting()

    answers = [ciba.client.poll(told["auth_req_id"]) for _ in range(3)]

    assert {each.status_code for each in answers} == {400}
    errors = [each.json()["error"] for each in answers]
    assert errors == ["authorization_pending", "slow_down", "slow_down"]


@pytest.mark.module(P + "-auth-req-id-expired")
def test_fapi_ciba_id1_auth_req_id_expired(ciba: Ciba) -> None:
    told = ciba.waiting(requested_expiry=30)
    assert told["expires_in"] == 30

    ciba.let_pass(seconds=31)

    response = ciba.client.poll(told["auth_req_id"])
    assert (response.status_code, response.json()["error"]) == (400, "expired_token")


@pytest.mark.module(P + "-ensure-authorization-request-with-binding-message-succeeds")
def test_fapi_ciba_id1_ensure_authorization_request_with_binding_message_succeeds(
    ciba: Ciba,
) -> None:
    told = ciba.waiting(binding_message="1234")

    assert "1234" in ciba.open().page
    ciba.approve(told)
    assert ciba.tokens_for(told)["access_token"]


@pytest.mark.module(P + "-ensure-authorization-request-with-potentially-bad-binding-message")
def test_fapi_ciba_id1_ensure_authorization_request_with_potentially_bad_binding_message(
    ciba: Ciba,
) -> None:
    response = ciba.ask(binding_message=LOREM)

    assert (response.status_code, response.json()["error"]) == (400, "invalid_binding_message")


@pytest.mark.module(P + "-ensure-other-scope-order-succeeds")
def test_fapi_ciba_id1_ensure_other_scope_order_succeeds(ciba: Ciba) -> None:
    assert ciba.agreed(scope="profile openid")["access_token"]


@pytest.mark.module(P + "-ensure-requested-expiry-as-string-succeeds")
def test_fapi_ciba_id1_ensure_requested_expiry_as_string_succeeds(ciba: Ciba) -> None:
    told = ciba.waiting(requested_expiry="30")

    assert told["expires_in"] == 30
    ciba.approve(told)
    assert ciba.tokens_for(told)["access_token"]


@pytest.mark.module(P + "-ensure-wrong-auth-req-id-in-token-endpoint-request")
def test_fapi_ciba_id1_ensure_wrong_auth_req_id_in_token_endpoint_request(ciba: Ciba) -> None:
    told = ciba.waiting()
    other = ciba.another()

    for response in (ciba.client.poll(told["auth_req_id"] + "x"), other.poll(told["auth_req_id"])):
        assert (response.status_code, response.json()["error"]) == (400, "invalid_grant")


@pytest.mark.module(P + "-refresh-token")
def test_fapi_ciba_id1_refresh_token(ciba: Ciba) -> None:
    token = ciba.agreed()["refresh_token"]
    bare = ciba.client.renew(token, bare=True)
    other = ciba.another()

    assert bare.status_code in {400, 401}
    assert other.renew(token).json()["error"] == "invalid_grant"
    first = ciba.client.renew(token).json()
    ciba.let_pass(seconds=30)
    assert ciba.client.renew(token).status_code == 200  # the answer may have been lost
    assert ciba.resource(first["access_token"]).status_code == 200


@pytest.mark.module(P + "-ensure-mtls-holder-of-key-required")
def test_fapi_ciba_id1_ensure_mtls_holder_of_key_required(ciba: Ciba) -> None:
    told = ciba.waiting()
    ciba.approve(told)

    bare = ciba.client.poll(told["auth_req_id"], bare=True)

    expected = (401, "invalid_client") if ciba.pair.proven_by_certificate else (400,)
    assert (bare.status_code, bare.json()["error"])[: len(expected)] == expected
    assert bare.json()["error"] in {"invalid_client", "invalid_request", "invalid_grant"}
    token = ciba.tokens_for(told)["access_token"]
    thief = ciba.another()
    ciba.client = thief
    assert ciba.resource(token).status_code == 401
