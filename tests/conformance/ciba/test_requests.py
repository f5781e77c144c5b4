"""FAPI-CIBA: only what a client signed is asked for, and nothing that does not hold."""

from typing import Any

import pytest
import requests
from joserfc.jwk import RSAKey

from kernel import clock
from tests import proofs
from tests.conformance.ciba_clients import MINUTE, Ciba

pytestmark = pytest.mark.slow
P = "fapi-ciba-id1-"
RSA = RSAKey.generate_key(2048, private=True)


def is_refused(response: requests.Response) -> bool:
    return (response.status_code, response.json()["error"]) == (400, "invalid_request")


def later(minutes: int) -> int:
    return int(clock.now().timestamp()) + minutes * MINUTE


@pytest.mark.module(P + "ensure-request-object-missing-aud-fails")
def test_fapi_ciba_id1_ensure_request_object_missing_aud_fails(ciba: Ciba) -> None:
    assert is_refused(ciba.ask(aud=None))


@pytest.mark.module(P + "ensure-request-object-bad-aud-fails")
def test_fapi_ciba_id1_ensure_request_object_bad_aud_fails(ciba: Ciba) -> None:
    assert is_refused(ciba.ask(aud="https://other.invalid"))


@pytest.mark.module(P + "ensure-request-object-missing-iss-fails")
def test_fapi_ciba_id1_ensure_request_object_missing_iss_fails(ciba: Ciba) -> None:
    assert is_refused(ciba.ask(iss=None))


@pytest.mark.module(P + "ensure-request-object-bad-iss-fails")
def test_fapi_ciba_id1_ensure_request_object_bad_iss_fails(ciba: Ciba) -> None:
    assert is_refused(ciba.ask(iss="another"))


@pytest.mark.module(P + "ensure-request-object-missing-exp-fails")
def test_fapi_ciba_id1_ensure_request_object_missing_exp_fails(ciba: Ciba) -> None:
    assert is_refused(ciba.ask(exp=None))


@pytest.mark.module(P + "ensure-request-object-expired-exp-fails")
def test_fapi_ciba_id1_ensure_request_object_expired_exp_fails(ciba: Ciba) -> None:
    assert is_refused(ciba.ask(exp=later(-5)))


@pytest.mark.module(P + "ensure-request-object-exp-is-70-minutes-in-future-fails")
def test_fapi_ciba_id1_ensure_request_object_exp_is_70_minutes_in_future_fails(ciba: Ciba) -> None:
    assert is_refused(ciba.ask(exp=later(70)))


@pytest.mark.module(P + "ensure-request-object-missing-iat-fails")
def test_fapi_ciba_id1_ensure_request_object_missing_iat_fails(ciba: Ciba) -> None:
    assert is_refused(ciba.ask(iat=None))


@pytest.mark.module(P + "ensure-request-object-missing-nbf-fails")
def test_fapi_ciba_id1_ensure_request_object_missing_nbf_fails(ciba: Ciba) -> None:
    assert is_refused(ciba.ask(nbf=None))


@pytest.mark.module(P + "ensure-request-object-nbf-is-10-minutes-in-future-fails")
def test_fapi_ciba_id1_ensure_request_object_nbf_is_10_minutes_in_future_fails(ciba: Ciba) -> None:
    assert is_refused(ciba.ask(nbf=later(10)))


@pytest.mark.module(P + "ensure-request-object-nbf-is-70-minutes-in-past-fails")
def test_fapi_ciba_id1_ensure_request_object_nbf_is_70_minutes_in_past_fails(ciba: Ciba) -> None:
    assert is_refused(ciba.ask(nbf=later(-70)))


@pytest.mark.module(P + "ensure-request-object-missing-jti-fails")
def test_fapi_ciba_id1_ensure_request_object_missing_jti_fails(ciba: Ciba) -> None:
    assert is_refused(ciba.ask(jti=None))


def with_algorithm(ciba: Ciba, header: dict[str, Any]) -> requests.Response:  # JSON
    """Bring a request whose header says so of a signature that is not its."""
    whole = ciba.client.signed(ciba.person.login).split(".")
    changed = proofs.as_base64(header)
    return ciba.client.ask(".".join([changed, *whole[1:]]))


@pytest.mark.module(P + "ensure-request-object-signature-algorithm-is-none-fails")
def test_fapi_ciba_id1_ensure_request_object_signature_algorithm_is_none_fails(ciba: Ciba) -> None:
    claims = proofs.as_base64(ciba.client.claims(ciba.person.login))

    assert is_refused(ciba.client.ask(f"{proofs.as_base64({'alg': 'none'})}.{claims}."))


@pytest.mark.module(P + "ensure-request-object-signature-algorithm-is-bad-fails")
def test_fapi_ciba_id1_ensure_request_object_signature_algorithm_is_bad_fails(ciba: Ciba) -> None:
    assert is_refused(with_algorithm(ciba, {"alg": "ES512"}))
    assert is_refused(with_algorithm(ciba, {"alg": "XS256"}))


@pytest.mark.module(P + "ensure-request-object-signature-algorithm-is-RS256-fails")
def test_fapi_ciba_id1_ensure_request_object_signature_algorithm_is_RS256_fails(  # noqa: N802
    ciba: Ciba,
) -> None:
    client = ciba.another(jwks=proofs.public_set(ciba.client.key, RSA))
    client.key = ciba.client.key

    assert is_refused(ciba.ask(client, key=RSA, alg="RS256"))
    assert ciba.ask(client, key=RSA, alg="PS256").status_code == 200


@pytest.mark.module(P + "ensure-request-object-signed-by-other-client-fails")
def test_fapi_ciba_id1_ensure_request_object_signed_by_other_client_fails(ciba: Ciba) -> None:
    assert is_refused(ciba.ask(key=ciba.another().key))


@pytest.mark.module(P + "ensure-unsigned-backchannel-authorization-request-fails")
def test_fapi_ciba_id1_ensure_unsigned_backchannel_authorization_request_fails(ciba: Ciba) -> None:
    form = {"scope": "openid profile", "login_hint": ciba.person.login}

    assert is_refused(ciba.client.post("/bc-authorize", form))


@pytest.mark.module(P + "ensure-authorization-request-with-multiple-hints-fails")
def test_fapi_ciba_id1_ensure_authorization_request_with_multiple_hints_fails(ciba: Ciba) -> None:
    assert is_refused(ciba.ask(id_token_hint="another"))
