import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, Hash
from hypothesis import given
from hypothesis import strategies as st

from demo.cards import card
from demo.cards.issuing import issue, new_key, piv_card
from demo.cards.piv import PivCard, tlv
from tests import make

SELECT = bytes.fromhex("00a404000ba00000030800001000010000")
GET_CERTIFICATE = bytes.fromhex("00cb3fff055c035fc10500")
PIN = "246810"
EC_KEY, RSA_KEY = new_key(), new_key(rsa_key=True)


def a_card(*, rsa_key: bool = False) -> PivCard:
    key = RSA_KEY if rsa_key else EC_KEY
    return piv_card(**issue(key, pin=PIN, label="Test card", now=make.NOON))


def verify(pin: str) -> bytes:
    return bytes.fromhex("0020008008") + pin.encode().ljust(8, b"\xff")


def sign(block: bytes, algorithm: int = 0x11) -> bytes:
    data = tlv(0x7C, tlv(0x82, b"") + tlv(0x81, block))
    extended = b"\0" + len(data).to_bytes(2, "big") + data + b"\0\0"
    return bytes([0, 0x87, algorithm, 0x9A]) + extended


def all_of(shown: PivCard, apdu: bytes) -> bytes:
    """Return the whole answer, fetched as a reader fetches it."""
    answer = shown.transmit(apdu)
    data = answer[:-2]
    while answer[-2] == 0x61:
        answer = shown.transmit(bytes([0, 0xC0, 0, 0, answer[-1]]))
        data += answer[:-2]
    assert answer[-2:] == card.DONE, answer.hex()
    return data


def digest(data: bytes) -> bytes:
    hasher = Hash(SHA256())
    hasher.update(data)
    return hasher.finalize()


def test_it_hands_out_its_certificate_in_parts() -> None:
    shown = a_card(rsa_key=True)
    shown.transmit(SELECT)

    content = all_of(shown, GET_CERTIFICATE)

    assert shown.certificate in content
    assert len(content) > card.LONGEST_SHORT


def test_it_signs_after_its_pin_with_an_elliptic_key() -> None:
    shown = a_card()
    shown.transmit(verify(PIN))

    answer = all_of(shown, sign(digest(b"origin and nonce")))

    public = EC_KEY.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(answer[4:], b"origin and nonce", ec.ECDSA(SHA256()))


def test_it_signs_after_its_pin_with_an_rsa_key() -> None:
    shown = a_card(rsa_key=True)
    shown.transmit(verify(PIN))
    der = bytes.fromhex("3031300d060960864801650304020105000420") + digest(b"nonce")
    block = b"\0\1" + b"\xff" * (253 - len(der)) + b"\0" + der

    answer = all_of(shown, sign(block, 0x07))

    public = RSA_KEY.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(answer[8:], b"nonce", padding.PKCS1v15(), SHA256())


def test_an_elliptic_key_signs_longer_digests_too() -> None:
    shown = a_card()
    shown.transmit(verify(PIN))
    hasher = Hash(SHA384())
    hasher.update(b"nonce")

    answer = all_of(shown, sign(hasher.finalize(), 0x14))

    public = EC_KEY.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(answer[4:], b"nonce", ec.ECDSA(SHA384()))


def test_without_its_pin_it_signs_nothing() -> None:
    assert a_card().transmit(sign(bytes(32))) == card.NOT_VERIFIED


def test_a_reset_makes_it_forget_the_pin() -> None:
    shown = a_card()
    shown.transmit(verify(PIN))
    shown.reset()

    assert shown.transmit(sign(bytes(32))) == card.NOT_VERIFIED


def test_wrong_pins_are_counted_and_the_third_blocks_it_for_good() -> None:
    shown = a_card()

    assert [shown.transmit(verify("000000"))[1] for _ in range(3)] == [0xC2, 0xC1, 0xC0]
    assert shown.transmit(verify(PIN)) == card.BLOCKED


def test_a_right_pin_gives_the_tries_back() -> None:
    shown = a_card()
    shown.transmit(verify("000000"))

    assert shown.transmit(bytes.fromhex("00200080")) == b"\x63\xc2"
    assert shown.transmit(verify(PIN)) == card.DONE
    assert shown.transmit(bytes.fromhex("00200080")) == card.DONE
    assert shown.tries_left == 3


@pytest.mark.parametrize(
    ("apdu", "status"),
    [
        ("00", card.WRONG_LENGTH),
        ("00a4040005a0", card.WRONG_LENGTH),
        ("00cb3fff00000500", card.WRONG_LENGTH),
        ("00a40400", card.NOT_FOUND),
        ("00a4040006a00000030899", card.NOT_FOUND),
        ("00cb3fff035c017e", card.NOT_FOUND),
        ("00cb3fff00", card.NOT_FOUND),
        ("0020008101ff", card.WRONG_PARAMETERS),
        ("00c0000000", card.NOT_ALLOWED),
        ("00d0000000", card.UNKNOWN_INSTRUCTION),
        ("0087119b00", card.WRONG_PARAMETERS),
    ],
)
def test_what_it_does_not_know_it_says_in_a_status_word(apdu: str, status: bytes) -> None:
    assert a_card().transmit(bytes.fromhex(apdu)) == status


@pytest.mark.parametrize("data", ["", "7c", "7c05", "7c028100ff", "7c028105", "7c0482008200"])
def test_a_broken_request_to_sign_is_wrong_data(data: str) -> None:
    shown = a_card()
    shown.transmit(verify(PIN))
    body = bytes.fromhex(data)

    answer = shown.transmit(
        bytes([0, 0x87, 0x11, 0x9A, len(body)]) + body if body else b"\0\x87\x11\x9a"
    )

    assert answer in {card.WRONG_DATA, card.WRONG_LENGTH}


@given(apdus=st.lists(st.binary(max_size=40), max_size=20))
def test_no_command_breaks_it(apdus: list[bytes]) -> None:
    shown = a_card()
    shown.transmit(verify(PIN))

    assert all(len(shown.transmit(apdu)) >= 2 for apdu in apdus)


@given(data=st.binary(max_size=60), data_of=st.sampled_from([0x20, 0x87, 0xA4, 0xCB]))
def test_no_data_breaks_it(data: bytes, data_of: int) -> None:
    shown = a_card()
    shown.transmit(verify(PIN))
    apdu = bytes([0, data_of, 0x11, 0x9A, len(data)]) + data + b"\0"

    assert len(shown.transmit(apdu)) >= 2
