"""CBOR bombs: answers that would fill memory, never end, or contain themselves are refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session
from webauthn.helpers import base64url_to_bytes

from adapters.contract import Context, NotProven
from adapters.passkey import ceremony
from adapters.passkey.adapter import create
from adapters.passkey.ceremony import LONGEST, Unreadable
from tests import make
from tests.authenticator import ORIGIN, Passkey, b64

HUGE = b"\xff" * 8
BOMBS = {
    "nested arrays": b"\x81" * 9000 + b"\x00",
    "nested arrays without end": b"\x9f" * 9000,
    "nested maps": b"\xa1\x00" * 4500 + b"\x00",
    "nested tags": b"\xc0" * 9000 + b"\x00",
    "an array of 2^64 things": b"\x9b" + HUGE,
    "a map of 2^64 things": b"\xbb" + HUGE,
    "2^64 bytes": b"\x5b" + HUGE,
    "2^64 letters": b"\x7b" + HUGE,
    "a number of 2^64 bytes": b"\xc2\x5b" + HUGE,
    "ten to the power of 2^64": b"\xc4\x82\x1b" + HUGE + b"\x01",
    "two to the power of 2^64": b"\xc5\x82\x1b" + HUGE + b"\x01",
    "a list that contains itself": b"\xd8\x1c\x81\xd8\x1d\x00",
    "a fraction by nothing": b"\xd8\x1e\x82\x01\x00",
    "a pattern that never ends": b"\xd8\x23\x6a(a+)+(b+)+",
    "a map with a map for a name": b"\xa1\xa0\x00",
    "nothing": b"",
}


def created(attestation: bytes) -> None:
    answer = json.loads(Passkey().create("challenge"))
    answer["response"]["attestationObject"] = b64(attestation)
    ceremony.created(json.dumps(answer), origin=ORIGIN, challenge="challenge")


@pytest.mark.clause("7(6)3")
@pytest.mark.parametrize("name", BOMBS)
def test_a_new_passkey_that_is_a_bomb_is_not_readable(name: str) -> None:
    with pytest.raises(Unreadable):
        created(BOMBS[name])


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_in_the_place_of_the_key_is_not_readable(name: str) -> None:
    """The attestation is well-formed, and the key inside it is not."""
    whole = json.loads(Passkey().create("challenge"))["response"]["attestationObject"]
    good = base64url_to_bytes(whole)
    start = good.index(b"\xa5\x01\x02")

    with pytest.raises(Unreadable):
        created(good[:start] + BOMBS[name])


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_at_sign_in_proves_nobody(session: Session, name: str) -> None:
    adapter, here = create({}), Context(origin=ORIGIN)
    asked = adapter.begin(here, now=make.NOON)
    answer = json.loads(Passkey().get(asked.nonce))
    answer["response"]["authenticatorData"] = b64(bytes(32) + b"\xc5" + bytes(4) + BOMBS[name])

    with pytest.raises(NotProven):
        adapter.verify(session, here, asked, {"credential": json.dumps(answer)}, now=make.NOON)


def test_what_is_longer_than_any_answer_is_not_even_read(session: Session) -> None:
    adapter, here = create({}), Context(origin=ORIGIN)
    asked = adapter.begin(here, now=make.NOON)

    with pytest.raises(NotProven) as refused:
        adapter.verify(session, here, asked, {"credential": "[" * (LONGEST + 1)}, now=make.NOON)
    assert refused.value.reason == "answer.malformed"


@given(attestation=st.binary(max_size=600))
def test_no_bytes_break_the_reading(attestation: bytes) -> None:
    with pytest.raises(Unreadable):
        created(attestation)
