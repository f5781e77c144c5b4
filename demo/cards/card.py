"""Say what a card is, and read what it is told (ISO 7816-4)."""

from dataclasses import dataclass
from typing import Protocol

PLAIN_ATR = bytes.fromhex("3b800181")  # T=1, nothing else said
DONE = b"\x90\x00"
WRONG_LENGTH = b"\x67\x00"
NOT_VERIFIED = b"\x69\x82"
BLOCKED = b"\x69\x83"
NOT_ALLOWED = b"\x69\x85"
WRONG_DATA = b"\x6a\x80"
NOT_FOUND = b"\x6a\x82"
WRONG_PARAMETERS = b"\x6a\x86"
UNKNOWN_INSTRUCTION = b"\x6d\x00"
LONGEST_SHORT = 256


class Card(Protocol):
    """One card: what it says when it gets power, and what it answers."""

    @property
    def atr(self) -> bytes:
        """Return the answer to reset."""
        ...

    def reset(self) -> None:
        """Forget what was selected and verified: power was cut, or somebody asked for it."""
        ...

    def transmit(self, apdu: bytes) -> bytes:
        """Return data and status word for one command, whatever it holds."""
        ...


@dataclass(frozen=True, kw_only=True)
class Command:
    """One command, taken apart."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    expected: int = 0  # Le: how much may come back

    @property
    def is_chained(self) -> bool:
        """Say whether another command brings more data (ISO 7816-4 5.3.3)."""
        return bool(self.cla & 0x10)


def read(apdu: bytes) -> Command | None:
    """Take a command apart; None if its lengths do not fit."""
    if len(apdu) < 4:  # noqa: PLR2004  # CLA INS P1 P2
        return None
    body = _body(apdu[4:])
    if body is None:
        return None
    cla, ins, p1, p2 = apdu[:4]
    return Command(cla=cla, ins=ins, p1=p1, p2=p2, data=body[0], expected=body[1])


def _body(rest: bytes) -> tuple[bytes, int] | None:
    """Return data and Le of the seven forms a command may have (ISO 7816-4 5.1)."""
    if len(rest) <= 1:
        return b"", (rest[0] or LONGEST_SHORT) if rest else 0
    if rest[0] != 0:
        return _parts(rest[1:], rest[0], 1, LONGEST_SHORT)
    if len(rest) == 3:  # noqa: PLR2004  # 00 and two bytes of Le
        return b"", int.from_bytes(rest[1:], "big") or 1 << 16
    return _parts(rest[3:], int.from_bytes(rest[1:3], "big"), 2, 1 << 16)


def _parts(rest: bytes, length: int, le_size: int, most: int) -> tuple[bytes, int] | None:
    tail = rest[length:]
    if len(rest) < length or len(tail) not in {0, le_size}:
        return None
    return rest[:length], (int.from_bytes(tail, "big") or most) if tail else 0
