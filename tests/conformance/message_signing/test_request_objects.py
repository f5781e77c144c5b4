"""FAPI 2.0 Message Signing: requests are signed (JAR), and so are responses (JARM)."""

from collections.abc import Mapping
from typing import Any

import pytest
import requests
from joserfc.jwk import RSAKey

from kernel import clock
from tests import proofs
from tests.conformance.fapi import PAIRS, Fapi, Pair
from tests.live.server import Provider
from tests.live.visitor import Visitor

pytestmark = pytest.mark.slow
P = "fapi2-security-profile-final-"
MINUTE = 60
RSA = RSAKey.generate_key(2048, private=True)


class Signed(Fapi):
    """One run of a module that only applies where messages are signed."""

    def __init__(self, provider: Provider, visitor: Visitor, pair: Pair) -> None:
        super().__init__(provider, visitor, pair, signed=True)

    def signed(self, **changes: Any) -> str:
        """Return what the suite signs, but for `changes`."""
        return self.client.request_object(self.request(), **changes)

    def push_signed(self, request: str, **more: str) -> requests.Response:
        form = {"client_id": self.client.client_id, "request": request, **more}
        return self.client.post("/par", form)

    def response(self, pushed: requests.Response) -> Mapping[str, Any]:
        """Go through the pages and return what the signed response says (JARM 2.1)."""
        self.bring(pushed)
        return self.walk()


@pytest.fixture(params=PAIRS)
def signed(request: pytest.FixtureRequest, provider: Provider, visitor: Visitor) -> Signed:
    """Lend a client of the profile `fapi2-signed` and a member, for the plan of one pair."""
    return Signed(provider, visitor, PAIRS[request.param])


def is_refused(pushed: requests.Response) -> bool:
    return pushed.status_code == 400 and pushed.json()["error"] == "invalid_request_object"


def moment(minutes: int = 0, *, seconds: int = 0) -> int:
    return int(clock.now().timestamp()) + minutes * MINUTE + seconds


@pytest.mark.module(P + "ensure-request-object-with-multiple-aud-succeeds")
def test_ensure_request_object_with_multiple_aud_succeeds(signed: Signed) -> None:
    audience = [signed.provider.issuer, "https://other.example.com/"]

    told = signed.response(signed.push_signed(signed.signed(aud=audience)))

    assert (told["iss"], told["aud"]) == (signed.provider.issuer, signed.client.client_id)
    assert moment() < told["exp"] <= moment(10)
    assert signed.client.redeem(told["code"]).status_code == 200


@pytest.mark.module(P + "ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted")
def test_ensure_request_object_with_nbf_8_seconds_in_the_future_is_accepted(
    signed: Signed,
) -> None:
    assert signed.response(signed.push_signed(signed.signed(nbf=moment(seconds=8))))["code"]


@pytest.mark.module(P + "ensure-request-object-without-exp-fails")
def test_ensure_request_object_without_exp_fails(signed: Signed) -> None:
    assert is_refused(signed.push_signed(signed.signed(exp=None)))


@pytest.mark.module(P + "ensure-request-object-without-nbf-fails")
def test_ensure_request_object_without_nbf_fails(signed: Signed) -> None:
    assert is_refused(signed.push_signed(signed.signed(nbf=None)))


@pytest.mark.module(P + "ensure-expired-request-object-fails")
def test_ensure_expired_request_object_fails(signed: Signed) -> None:
    assert is_refused(signed.push_signed(signed.signed(exp=moment(-5))))


@pytest.mark.module(P + "ensure-request-object-with-bad-aud-fails")
def test_ensure_request_object_with_bad_aud_fails(signed: Signed) -> None:
    bad = f"{signed.provider.issuer}/bad"

    assert is_refused(signed.push_signed(signed.signed(aud=bad)))


@pytest.mark.module(P + "ensure-request-object-with-exp-over-60-fails")
def test_ensure_request_object_with_exp_over_60_fails(signed: Signed) -> None:
    assert is_refused(signed.push_signed(signed.signed(exp=moment(70))))


@pytest.mark.module(P + "ensure-request-object-with-nbf-over-60-fails")
def test_ensure_request_object_with_nbf_over_60_fails(signed: Signed) -> None:
    assert is_refused(signed.push_signed(signed.signed(nbf=moment(-70))))


@pytest.mark.module(P + "ensure-signed-request-object-with-RS256-fails")
def test_ensure_signed_request_object_with_RS256_fails(signed: Signed) -> None:  # noqa: N802  # the module's name
    key = signed.client.key
    keys = proofs.public_set(key, RSA)
    signed.client = signed.another(jwks=keys)
    signed.client.key = key

    assert is_refused(signed.push_signed(signed.signed(key=RSA, alg="RS256")))


@pytest.mark.module(P + "ensure-request-object-signature-algorithm-is-not-none")
def test_ensure_request_object_signature_algorithm_is_not_none(signed: Signed) -> None:
    claims = signed.signed().split(".")[1]

    assert is_refused(signed.push_signed(f"{proofs.as_base64({'alg': 'none'})}.{claims}."))


@pytest.mark.module(P + "ensure-request-object-with-invalid-signature-fails")
def test_ensure_request_object_with_invalid_signature_fails(signed: Signed) -> None:
    head, claims, signature = signed.signed().split(".")
    altered = signature[:-8] + signature[-8:][::-1].swapcase()

    assert is_refused(signed.push_signed(f"{head}.{claims}.{altered}"))


@pytest.mark.module(P + "ensure-matching-key-in-authorization-request")
def test_ensure_matching_key_in_authorization_request(signed: Signed) -> None:
    other = signed.another()

    assert is_refused(signed.push_signed(signed.signed(key=other.key)))


@pytest.mark.module(P + "ensure-unsigned-request-at-par-endpoint-fails")
def test_ensure_unsigned_request_at_par_endpoint_fails(signed: Signed) -> None:
    pushed = signed.client.post("/par", signed.request())

    assert (pushed.status_code, pushed.json()["error"]) == (400, "invalid_request")


@pytest.mark.module(P + "par-authorization-request-containing-request_uri")
def test_par_authorization_request_containing_request_uri(signed: Signed) -> None:
    reference = "urn:ietf:params:oauth:request_uri:x"

    assert is_refused(signed.push_signed(signed.signed(request_uri=reference)))
