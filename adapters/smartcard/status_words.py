"""Say what a status word means to us: go on, or one clear refusal (ISO 7816-4 5.1.3; AN12343)."""

from collections.abc import Mapping

from adapters.smartcard.apdu import Answer
from kernel.errors import Refused

DONE = 0x9000
NATIVE_DONE = 0x9100  # a DESFire command in an ISO wrapping
NATIVE_MORE = 0x91AF  # the card waits for the next frame

REFUSALS: Mapping[int, str] = {
    # the card does not know what we speak of: another kind of card
    0x6A81: "carrier.kind_not_supported",
    0x6A82: "carrier.kind_not_supported",
    0x6A86: "carrier.kind_not_supported",
    0x6A88: "carrier.kind_not_supported",
    0x6D00: "carrier.kind_not_supported",
    0x6E00: "carrier.kind_not_supported",
    0x911C: "carrier.kind_not_supported",
    0x9140: "carrier.kind_not_supported",
    0x91A0: "carrier.kind_not_supported",
    # the two of us do not share a key
    0x6300: "carrier.card_not_ours",
    0x91AE: "carrier.card_not_ours",
    0x919D: "carrier.card_not_ours",
    0x6982: "carrier.card_not_ours",
    # it was moved, or something came between two frames
    0x6985: "carrier.card_interrupted",
    0x91CA: "carrier.card_interrupted",
    0x910B: "carrier.card_interrupted",
    0x6F00: "carrier.card_interrupted",
    # it will not work again
    0x6283: "carrier.card_locked",
    0x6983: "carrier.card_locked",
    0x6984: "carrier.card_locked",
    0x91CD: "carrier.card_locked",
    0x6581: "carrier.card_broken",
    0x91C1: "carrier.card_broken",
    0x91EE: "carrier.card_broken",
    0x91F1: "carrier.card_broken",
}
OTHERWISE = "carrier.not_readable"


def meaning(status: int) -> str:
    """Return the refusal code of a status word that is no success; never fails."""
    return REFUSALS.get(status, OTHERWISE)


def data_of(answer: Answer, *, wanted: int, length: int | None = None) -> bytes:
    """Return the answer's data if it says `wanted` and is as long as it must be. Raises Refused."""
    if answer.status != wanted:
        raise Refused(meaning(answer.status))
    if length is not None and len(answer.data) != length:
        raise Refused("carrier.not_readable")
    return answer.data
