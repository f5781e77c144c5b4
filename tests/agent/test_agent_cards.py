"""Cards that are broken, hostile or odd: what they answer ends as a signature or as a word."""

import zlib
from collections.abc import Callable, Iterator

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.agent import apdu, keys, piv, tlv
from adapters.agent.piv import Identity
from adapters.agent.troubles import STATUS, Trouble
from demo.cards.issuing import self_signed
from demo.cards.piv import PivCard
from tests import make
from tests.agent.people import KEY, PIN, a_card

HEAD = bytes.fromhex("00cb3fff")


def says(*answers: str) -> Callable[[bytes], bytes]:
    """Return a card that gives these answers, then nothing but the last."""
    left: Iterator[str] = iter(answers)
    last = answers[-1]
    return lambda _: bytes.fromhex(next(left, last))


def code_of(action: Callable[[], object]) -> str:
    with pytest.raises(Trouble) as caught:
        action()
    return caught.value.code


# Status words


@pytest.mark.parametrize(
    ("status", "code", "tries"),
    [
        ("63c2", "pin_incorrect", 2),
        ("63c0", "pin_locked", 0),
        ("6983", "pin_locked", 0),
        ("6984", "pin_locked", 0),
        ("6a82", "card_unknown", None),
        ("6d00", "card_unknown", None),
        ("6982", "card_error", None),
        ("6700", "card_error", None),
        ("6f00", "card_error", None),
        ("0000", "card_error", None),
    ],
)
def test_a_status_word_is_one_of_a_few_words(status: str, code: str, tries: int | None) -> None:
    with pytest.raises(Trouble) as caught:
        apdu.tell(says(status), HEAD)

    assert (caught.value.code, caught.value.tries_left) == (code, tries)


@pytest.mark.parametrize("answer", ["", "90"])
def test_an_answer_without_a_status_word_is_an_error(answer: str) -> None:
    assert code_of(lambda: apdu.tell(says(answer), HEAD)) == "card_error"


def test_an_answer_in_parts_is_put_together() -> None:
    assert apdu.tell(says("016102", "02036101", "049000"), HEAD, reads=True) == b"\1\2\3\4"


def test_a_card_that_names_the_right_length_is_asked_again() -> None:
    told: list[bytes] = []

    def card(command: bytes) -> bytes:
        told.append(command)
        return bytes.fromhex("6c02" if len(told) == 1 else "01029000")

    assert apdu.tell(card, HEAD, reads=True) == b"\1\2"
    assert told == [HEAD + b"\0", HEAD + b"\2"]


@pytest.mark.parametrize("answer", ["6100", "6c01", "ff" * 200 + "6110"])
def test_a_card_that_promises_for_ever_is_stopped(answer: str) -> None:
    assert code_of(lambda: apdu.tell(says(answer), HEAD)) == "card_error"


def test_data_too_long_for_one_command_is_sent_in_a_chain() -> None:
    told: list[bytes] = []

    def card(command: bytes) -> bytes:
        told.append(command)
        return b"\x90\x00"

    apdu.tell(card, HEAD, bytes(300))

    assert [each[0] for each in told] == [0x10, 0x00]
    assert [each[4] for each in told] == [255, 45]


# Data objects


@pytest.mark.parametrize(
    "data", ["", "53", "5305", "5305ff", "5381", "538400000001ff", "5380", "70017f"]
)
def test_an_object_that_is_not_there_or_lies_about_its_length_is_an_error(data: str) -> None:
    assert code_of(lambda: tlv.find(bytes.fromhex(data), 0x53)) == "card_error"


@given(value=st.binary(max_size=70_000))
def test_an_object_that_was_written_is_found(value: bytes) -> None:
    data = tlv.write(0x70, b"first") + tlv.write(0x53, value)

    assert tlv.find(data, 0x53) == value


# Certificates and keys


def certificate_of(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return self_signed(key, label="Test card", now=make.NOON)


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (KEY, "ES256"),
        (ec.generate_private_key(ec.SECP384R1()), "ES384"),
    ],
)
def test_a_key_signs_with_the_hash_of_its_size(
    key: ec.EllipticCurvePrivateKey, algorithm: str
) -> None:
    kind = keys.kind_of(certificate_of(key))

    assert kind.algorithm == algorithm
    assert len(keys.block(kind, b"message")) == kind.size


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP521R1()),
        rsa.generate_private_key(public_exponent=65537, key_size=1024),  # noqa: S505  # the point
    ],
)
def test_a_weak_or_unusual_key_is_unknown(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
) -> None:
    assert code_of(lambda: keys.kind_of(certificate_of(key))) == "card_unknown"


def edwards() -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test card")])
    key = ed25519.Ed25519PrivateKey.generate()
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, make.NOON, make.NOON)
    return builder.sign(key, None).public_bytes(Encoding.DER)


def with_usage(*, digital_signature: bool) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test card")])
    builder = x509.CertificateBuilder(name, name, KEY.public_key(), 1, make.NOON, make.NOON)
    usage = x509.KeyUsage(
        digital_signature=digital_signature,
        key_encipherment=not digital_signature,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        builder.add_extension(usage, critical=True).sign(KEY, SHA256()).public_bytes(Encoding.DER)
    )


def of_no_version() -> bytes:
    return certificate_of(KEY).replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x03", 1)


@pytest.mark.parametrize("certificate", [b"", b"\x30\x00", edwards(), of_no_version()])
def test_what_is_no_certificate_of_a_known_key_is_unknown(certificate: bytes) -> None:
    assert code_of(lambda: keys.kind_of(certificate)) == "card_unknown"


def test_a_certificate_for_decrypting_only_does_not_sign_in() -> None:
    assert keys.may_sign_in(with_usage(digital_signature=True))
    assert not keys.may_sign_in(with_usage(digital_signature=False))
    assert keys.may_sign_in(certificate_of(KEY))
    assert not keys.may_sign_in(b"none")
    assert not keys.may_sign_in(of_no_version())


@pytest.mark.parametrize("signature", [b"", b"\x30\x00", b"\x30\x06\x02\x01\xff\x02\x01\x01"])
def test_a_signature_that_is_none_is_an_error(signature: bytes) -> None:
    kind = keys.kind_of(certificate_of(KEY))

    assert code_of(lambda: keys.jose(kind, signature)) == "card_error"


# PIV


class Packed(PivCard):
    """A card that keeps its certificate compressed, as many do."""

    packed = b""

    def transmit(self, command: bytes) -> bytes:
        if command[1] != 0xCB:
            return super().transmit(command)
        inner = tlv.write(0x70, self.packed) + tlv.write(0x71, b"\1") + tlv.write(0xFE, b"")
        return tlv.write(0x53, inner) + b"\x90\x00"


def packed(content: bytes) -> PivCard:
    card = Packed(key=KEY, certificate=certificate_of(KEY), pin=PIN)
    card.packed = content
    return card


def test_a_compressed_certificate_is_unpacked() -> None:
    packer = zlib.compressobj(wbits=31)
    card = packed(packer.compress(certificate_of(KEY)) + packer.flush())

    assert keys.kind_of(piv.identify(card.transmit).certificate).algorithm == "ES256"


def test_a_compressed_certificate_that_swells_is_no_certificate() -> None:
    packer = zlib.compressobj(wbits=31)
    card = packed(packer.compress(bytes(50_000_000)) + packer.flush())

    assert code_of(lambda: piv.identify(card.transmit)) == "card_unknown"
    assert code_of(lambda: piv.identify(packed(b"none").transmit)) == "card_error"


def test_a_key_no_piv_card_can_have_is_unknown() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=4096)
    card = PivCard(key=key, certificate=certificate_of(key), pin=PIN)

    assert code_of(lambda: piv.identify(card.transmit)) == "card_unknown"


def test_a_card_that_keeps_its_tries_to_itself_is_asked_all_the_same() -> None:
    card = a_card()
    card.transmit(piv.VERIFY + bytes([8]) + PIN.encode().ljust(8, b"\xff"))
    tries = apdu.status_of(card.transmit, piv.VERIFY)

    assert tries == 0x9000
    card.is_verified = True

    def transmit(command: bytes) -> bytes:
        return b"\x69\x82" if command == piv.VERIFY else card.transmit(command)

    assert piv.identify(transmit).tries_left is None


def replies() -> st.SearchStrategy[bytes]:
    status = st.sampled_from(["9000", "6105", "6c10", "63c1", "6982", "6a82", ""]).map(
        bytes.fromhex
    )
    start = st.sampled_from(["", "53820100", "7c", "7c8201", "5381ff70", "7005"]).map(bytes.fromhex)
    return st.one_of(
        st.binary(max_size=300), st.builds(lambda a, b, c: a + b + c, start, st.binary(), status)
    )


@settings(max_examples=1000)
@given(answers=st.lists(replies(), min_size=10, max_size=10))
def test_ten_thousand_random_answers_end_as_a_word(answers: list[bytes]) -> None:
    left = iter(answers)
    identity = Identity(certificate=certificate_of(KEY), tries_left=3)

    for action in (
        lambda: piv.identify(lambda _: next(left, b"\x6f\x00")),
        lambda: piv.sign(lambda _: next(left, b"\x6f\x00"), identity, PIN, b"message"),
    ):
        assert code_of(action) in STATUS


@settings(max_examples=200)
@given(data=st.data())
def test_a_card_that_lies_in_one_answer_gets_no_further(data: st.DataObject) -> None:
    card, lie_at = a_card(), data.draw(st.integers(0, 12))
    told = 0

    def transmit(command: bytes) -> bytes:
        nonlocal told
        told += 1
        return data.draw(replies()) if told - 1 == lie_at else card.transmit(command)

    assert outcome(transmit) in STATUS.keys() | {"signed"}


def outcome(transmit: Callable[[bytes], bytes]) -> str:
    try:
        piv.sign(transmit, piv.identify(transmit), PIN, b"message")
    except Trouble as trouble:
        return trouble.code
    return "signed"
