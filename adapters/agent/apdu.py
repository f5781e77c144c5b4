"""Speak to a card (ISO 7816-4): whole answers out of parts, status words in clear words.

A card may be hostile or broken: it may promise more than it has, promise for ever, or answer with
nothing. Whatever it does ends as data or as a Trouble.
"""

from adapters.agent.readers import Transmit
from adapters.agent.troubles import Trouble

MOST_DATA = 64 * 1024  # of one answer; a certificate has three thousand bytes
MOST_PARTS = 512
PART = 255  # bytes of data in one short command
CHAINED = 0x10  # in CLA: more follows (5.3.3)
DONE, MORE_WAITS, WRONG_LE = 0x9000, 0x61, 0x6C
TRIES = 0x63C0
UNKNOWN = frozenset({0x6A81, 0x6A82, 0x6A86, 0x6A88, 0x6B00, 0x6D00, 0x6E00, 0x6999})
LOCKED = frozenset({0x6983, 0x6984})


def tell(transmit: Transmit, head: bytes, data: bytes = b"", *, reads: bool = False) -> bytes:
    """Return the data of the answer to one command. Raises Trouble for any other status.

    `head` is CLA INS P1 P2; data too long for one command is sent in a chain. `reads` says that
    an answer with data is expected.
    """
    while len(data) > PART:
        chained = bytes([head[0] | CHAINED]) + head[1:]
        _require_done(_parts(transmit, chained + bytes([PART]) + data[:PART])[1])
        data = data[PART:]
    found, status = _parts(transmit, head + _body(data) + (b"\0" if reads else b""))
    _require_done(status)
    return found


def _body(data: bytes) -> bytes:
    return bytes([len(data)]) + data if data else b""


def status_of(transmit: Transmit, command: bytes) -> int:
    """Return the status word of one command that brings no data."""
    return _parts(transmit, command)[1]


def _parts(transmit: Transmit, command: bytes) -> tuple[bytes, int]:
    found = b""
    for _ in range(MOST_PARTS):
        data, kind, rest = _taken_apart(transmit(command))
        if kind == WRONG_LE and not found:
            command = command[:4] + bytes([rest])
            continue
        found += data
        if kind != MORE_WAITS or len(found) > MOST_DATA:
            return found, kind << 8 | rest
        command = bytes([0, 0xC0, 0, 0, rest])  # GET RESPONSE
    raise Trouble("card_error")


def _taken_apart(answer: bytes) -> tuple[bytes, int, int]:
    if len(answer) < 2:  # noqa: PLR2004  # a status word
        raise Trouble("card_error")
    return answer[:-2], answer[-2], answer[-1]


def _require_done(status: int) -> None:
    if status == DONE:
        return
    if status & 0xFFF0 == TRIES:
        left = status & 0x0F
        raise Trouble("pin_incorrect" if left else "pin_locked", tries_left=left)
    if status in LOCKED:
        raise Trouble("pin_locked", tries_left=0)
    raise Trouble("card_unknown" if status in UNKNOWN else "card_error")
