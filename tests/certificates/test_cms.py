"""What a card program signed as CMS: one signer over our content, or nothing."""

from collections.abc import Sequence

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options
from hypothesis import given
from hypothesis import strategies as st

from adapters.certificate import cms
from adapters.contract import NotProven
from tests.certificates import pki, signing
from tests.certificates.pki import Leaf

CONTENT = "臺北市\nhttps://id.invalid".encode()
CITIZEN = signing.of(Leaf(serial=77))
SIGNED = signing.cms(CONTENT, CITIZEN)


def reason_of(message: bytes, content: bytes = CONTENT) -> str:
    with pytest.raises(NotProven) as refused:
        cms.signer_of(message, content)
    return refused.value.reason


@pytest.mark.parametrize("options", [signing.ATTACHED, signing.DETACHED])
def test_content_may_go_along_or_stay_here(options: Sequence[PKCS7Options]) -> None:
    message = signing.cms(CONTENT, CITIZEN, options=options)

    assert cms.signer_of(message, CONTENT) == CITIZEN[0]


def test_the_signers_certificate_is_found_in_its_chain() -> None:
    chain = (pki.root().der, pki.generation(2).der)

    assert cms.signer_of(signing.cms(CONTENT, CITIZEN, chain=chain), CONTENT) == CITIZEN[0]


@pytest.mark.parametrize("number", [1, 3, 4])
def test_a_certificate_of_no_version_there_is_is_no_signers(number: int) -> None:
    assert reason_of(pki.of_version(SIGNED, number)) == "token.malformed"


def test_other_content_is_refused_whether_it_goes_along_or_not() -> None:
    detached = signing.cms(b"I owe you", CITIZEN, options=signing.DETACHED)

    assert reason_of(signing.cms(b"I owe you", CITIZEN)) == "token.signature"
    assert reason_of(detached) == "token.signature"
    assert reason_of(SIGNED.replace(CONTENT, CONTENT[::-1])) == "token.signature"


def test_a_signature_without_attributes_is_refused() -> None:
    bare = (PKCS7Options.Binary, PKCS7Options.NoAttributes)

    assert reason_of(signing.cms(CONTENT, CITIZEN, options=bare)) == "token.malformed"


def test_two_signers_another_hash_and_a_crowd_are_refused() -> None:
    other, crowd = signing.of(Leaf(serial=78)), [pki.generation(2).der] * cms.MOST_CERTIFICATES

    assert reason_of(signing.cms(CONTENT, CITIZEN, other)) == "token.malformed"
    assert reason_of(signing.cms(CONTENT, CITIZEN, hashed=SHA384())) == "token.signature"
    assert reason_of(signing.cms(CONTENT, CITIZEN, chain=crowd)) == "token.malformed"


def test_what_is_too_long_or_goes_on_is_refused() -> None:
    assert reason_of(SIGNED + bytes(1)) == "token.malformed"
    assert reason_of(bytes(cms.MOST_BYTES + 1)) == "token.malformed"


def test_another_content_type_is_refused() -> None:
    enveloped = SIGNED.replace(
        bytes.fromhex("2a864886f70d010702"), bytes.fromhex("2a864886f70d010703")
    )

    assert reason_of(enveloped) == "token.malformed"
    assert reason_of(SIGNED.replace(cms.DATA, cms.DATA[:-1] + b"\5")) == "token.malformed"


@given(place=st.integers(0, len(SIGNED) - 1), flipped=st.integers(1, 255))
def test_whatever_byte_is_changed_no_other_key_signed(place: int, flipped: int) -> None:
    changed = bytearray(SIGNED)
    changed[place] ^= flipped

    try:
        found = cms.signer_of(bytes(changed), CONTENT)
    except NotProven:
        return
    key = x509.load_der_x509_certificate(found).public_key()  # the rest is not checked here
    assert key == Leaf(serial=77).key.public_key()


@given(st.binary(max_size=200))
def test_bytes_are_refused(message: bytes) -> None:
    assert reason_of(message) == "token.malformed"
