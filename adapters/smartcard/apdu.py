"""Write commands to a card and read its answers, strictly (ISO 7816-4 5.1)."""

from dataclasses import dataclass, field

from kernel.errors import Refused

LONGEST = 258  # bytes of a short answer: 256 and the status word
STATUS_BYTES = 2
LONGEST_DATA = 255
ATR_BYTES = range(2, 34)  # ISO 7816-3 8.1


@dataclass(frozen=True)
class Answer:
    """What a card said: its data and its status word."""

    data: bytes = field(repr=False)
    status: int


def command(cla: int, ins: int, p1: int, p2: int, data: bytes = b"", *, le: int = 0) -> bytes:
    """Return a short command; an empty `data` makes it case 2, else it is case 4."""
    if len(data) > LONGEST_DATA:
        raise ValueError("a short command carries at most 255 bytes")
    body = bytes((len(data),)) + data if data else b""
    return bytes((cla, ins, p1, p2)) + body + bytes((le,))


def answer(raw: bytes) -> Answer:
    """Read a card's answer. Raises Refused `carrier.not_readable` for what is none."""
    if not STATUS_BYTES <= len(raw) <= LONGEST:
        raise Refused("carrier.not_readable")
    return Answer(raw[:-STATUS_BYTES], int.from_bytes(raw[-STATUS_BYTES:]))


def from_hex(text: str, *, longest: int = LONGEST) -> bytes:
    """Return the bytes a reader's program wrote in hex. Raises Refused `carrier.not_readable`."""
    # `bytes.fromhex` alone would let blanks pass.
    if len(text) > 2 * longest or not text.isascii() or not text.isalnum():
        raise Refused("carrier.not_readable")
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise Refused("carrier.not_readable") from None


def atr(text: str) -> bytes:
    """Return a card's answer to reset, given in hex. Raises Refused `carrier.not_readable`."""
    raw = from_hex(text, longest=ATR_BYTES[-1])
    if len(raw) not in ATR_BYTES or raw[0] not in {0x3B, 0x3F}:
        raise Refused("carrier.not_readable")
    return raw
