"""The published vectors: AN12196 (authentication) and AN10922 (a key for each card)."""

import pytest

from adapters.smartcard import desfire
from adapters.smartcard.apdu import Answer
from adapters.smartcard.keys import PlainKey, derived
from adapters.smartcard.status_words import NATIVE_DONE, NATIVE_MORE
from kernel.errors import Refused
from kernel.ids import new_key

KEY = PlainKey(bytes(16))
RND_A = bytes.fromhex("13c5db8a5930439fc3def9a4c675360f")
RND_B = bytes.fromhex("b9e2fc789b64bf237cccaa20ec7e6e48")
SEALED_B = bytes.fromhex("a04c124213c186f22399d33ac2a30215")
SENT = "35c3e05a752e0144bac0de51c1f22c56b34408a23d8aea266cab947ea8e0118d"
RETURNED = bytes.fromhex("3fa64db5446d1f34cd6ea311167f5e4985b89690c04a05f17fa7ab2f08120663")


def test_the_published_authentication_comes_out_as_published() -> None:
    rnd_b, command = desfire.response(KEY, Answer(SEALED_B, NATIVE_MORE), rnd_a=RND_A)
    keys = desfire.proven(KEY, Answer(RETURNED, NATIVE_DONE), rnd_a=RND_A, rnd_b=rnd_b)

    assert rnd_b == RND_B
    assert command.hex() == f"90af000020{SENT}00"
    assert keys.ti.hex() == "9d00c4df"
    assert keys.enc.hex() == "1309c877509e5a215007ff0ed19ca564"
    assert keys.mac.hex() == "4c6626f5e72ea694202139295c7a7fc7"


def test_the_published_key_of_a_card_comes_out_as_published() -> None:
    master = PlainKey(bytes.fromhex("00112233445566778899aabbccddeeff"))
    material = bytes.fromhex("04782e21801d803042f54e585020416275")

    key = master.of_card(material)

    made = PlainKey(bytes.fromhex("a8dd63a3b89d54b37ca802473fda9175"))
    assert key.encrypt(bytes(16)) == made.encrypt(bytes(16))


@pytest.mark.parametrize("size", [0, 15, 32])
def test_a_card_is_named_by_enough_and_not_too_much(size: int) -> None:
    with pytest.raises(ValueError, match="16 to 31"):
        KEY.of_card(bytes(size))


@pytest.mark.parametrize("size", [0, 15, 17, 32])
def test_a_key_has_sixteen_bytes(size: int) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        PlainKey(bytes(size))


def test_no_two_kinds_of_card_share_a_key() -> None:
    secret = new_key()
    first, second = (derived(secret, name) for name in ("taipei-card", "library-card"))

    assert first.cmac(b"") != second.cmac(b"")
    assert first.cmac(b"") == derived(secret, "taipei-card").cmac(b"")


@pytest.mark.refusal("carrier.card_not_ours")
def test_a_card_that_could_not_read_our_number_is_refused() -> None:
    with pytest.raises(Refused, match=r"^carrier\.card_not_ours$"):
        desfire.proven(KEY, Answer(bytes(32), NATIVE_DONE), rnd_a=RND_A, rnd_b=RND_B)
