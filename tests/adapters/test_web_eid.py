"""The card program's token: bound to our origin and to one nonce, or worth nothing."""

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from adapters import signed_over, web_eid
from adapters.contract import NotProven
from tests.certificates import pki
from tests.certificates.holder import sign
from tests.certificates.pki import Leaf, Private

ORIGIN, NONCE = "https://id.example", "n" * 44
KEYS: dict[str, Private] = {
    "ES": pki.ec_key("citizen"),
    "RS": pki.rsa_key("citizen"),
    "PS": pki.rsa_key("citizen"),
}


def made(algorithm: str = "ES256", *, origin: str = ORIGIN, nonce: str = NONCE) -> dict[str, Any]:
    key = KEYS[algorithm[:2]]
    message = signed_over.message(origin, nonce, algorithm)
    return {
        "format": "web-eid:1.0",
        "appVersion": "https://id.example/agent/1.0",
        "algorithm": algorithm,
        "unverifiedCertificate": base64.b64encode(Leaf(key=key).der()).decode(),
        "signature": base64.b64encode(sign(key, message, algorithm)).decode(),
    }


def outcome(token: dict[str, Any], *, origin: str = ORIGIN, nonce: str = NONCE) -> str:
    try:
        web_eid.require_signed(web_eid.read(json.dumps(token)), origin=origin, nonce=nonce)
    except NotProven as refused:
        return refused.reason
    return "signed"


@pytest.mark.parametrize("algorithm", sorted(web_eid.ALGORITHMS))
def test_a_token_in_every_algorithm_is_read(algorithm: str) -> None:
    assert outcome(made(algorithm)) == "signed"


def test_a_token_for_another_origin_proves_nothing_here() -> None:
    assert outcome(made(origin="https://id.example.evil")) == "token.signature"


def test_a_token_for_another_nonce_proves_nothing_now() -> None:
    assert outcome(made(nonce="o" * 44)) == "token.signature"


@pytest.mark.parametrize(
    "changes",
    [
        {"algorithm": "RS256"},
        {"algorithm": "ES384"},
        {"signature": base64.b64encode(b"x" * 64).decode()},
        {"signature": base64.b64encode(b"x" * 63).decode()},
        {"signature": ""},
        {"unverifiedCertificate": base64.b64encode(Leaf(key=pki.rsa_key("other")).der()).decode()},
    ],
    ids=["family", "hash", "bits", "length", "none", "certificate"],
)
def test_a_changed_token_proves_nothing(changes: dict[str, str]) -> None:
    assert outcome({**made(), **changes}) == "token.signature"


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "web-eid:2.0"},
        {"format": None},
        {"algorithm": "none"},
        {"algorithm": ["ES256"]},
        {"signature": "not base64!"},
        {"signature": 5},
        {"unverifiedCertificate": ""},
        {"unverifiedCertificate": "AAAA"},
    ],
    ids=str,
)
def test_a_malformed_token_is_no_token(changes: dict[str, object]) -> None:
    assert outcome({**made(), **changes}) == "token.malformed"


def test_a_giant_token_is_not_even_parsed() -> None:
    with pytest.raises(NotProven):
        web_eid.read("[" * 40_000)


@given(st.text(max_size=100) | st.recursive(st.none(), st.lists, max_leaves=20).map(json.dumps))
def test_no_text_is_a_token_by_chance(text: str) -> None:
    with pytest.raises(NotProven):
        web_eid.read(text)


def test_a_key_that_signs_otherwise_is_refused() -> None:
    assert isinstance(KEYS["RS"], rsa.RSAPrivateKey)
    token = made("RS256") | {"algorithm": "ES256"}

    assert outcome(token) == "token.signature"
