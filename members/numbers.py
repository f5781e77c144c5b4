"""Read identity numbers: national, and the uniform numbers of residents, new and old (8(1)).

A check digit only finds slips of the finger: a tenth of the wrong digits pass, and some letters
stand for one another. It is never evidence of who somebody is. Sex is not read from a number.
"""

import re
import unicodedata
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from kernel.errors import Refused

ORDER = "ABCDEFGHJKLMNPQRSTUVXYWZIO"  # stands for 10 to 35
WEIGHTS = (1, 9, 8, 7, 6, 5, 4, 3, 2, 1, 1)
LENGTH = 10
LONGEST_TYPED = 64  # what is longer is no number, however wide its characters
HIDDEN = 4  # the last four prove a holder to a certificate, so they are never shown
OLD_IS_VOID = date(2031, 1, 1)  # the first day, in Taipei


class Kind(StrEnum):
    """Whose number it is, and of which make."""

    NATIONAL = "national"  # 國民身分證統一編號
    UI_NEW = "ui_new"  # 新式統一證號, given since 2021
    UI_OLD = "ui_old"  # 舊式統一證號, void from 2031


EVERY_KIND = frozenset(Kind)
_KINDS = {"12": Kind.NATIONAL, "89": Kind.UI_NEW, "ABCD": Kind.UI_OLD}


class Part(StrEnum):
    """Which part of a number is not as it should be."""

    LENGTH = "length"
    LETTER = "letter"  # the first character
    SECOND = "second"
    DIGITS = "digits"  # the last eight


class NumberUnreadable(Refused):
    """What was typed is no identity number; `part` says where it goes wrong, never what it was."""

    def __init__(self, part: Part) -> None:
        super().__init__("idno.format")
        self.part = part


@dataclass(frozen=True)
class IdentityNumber:
    """A number that passed: ten ASCII characters, and what kind of number they make."""

    value: str = field(repr=False)
    kind: Kind

    @property
    def masked(self) -> str:
        """Return the number as it may be shown."""
        return self.value[:-HIDDEN] + "*" * HIDDEN

    @property
    def last_four(self) -> str:
        """Return what a certificate carries of the number (MOICA profile)."""
        return self.value[-HIDDEN:]

    def __str__(self) -> str:
        """Return the masked number, so that a log or a message never holds the other."""
        return self.masked


def read(typed: str, *, kinds: AbstractSet[Kind] = EVERY_KIND, today: date) -> IdentityNumber:
    """Return the number that was typed, for a new use of it today.

    Raises NumberUnreadable (`idno.format`), or Refused `idno.checksum`, `idno.kind_not_allowed`
    or `idno.sunset`.
    """
    number = recognise(typed)
    if number.kind not in kinds:
        raise Refused("idno.kind_not_allowed")
    if number.kind is Kind.UI_OLD and today >= OLD_IS_VOID:
        raise Refused("idno.sunset")
    return number


def recognise(typed: str) -> IdentityNumber:
    """Return the number that was typed, void or not: whoever holds an old one is still found.

    Raises NumberUnreadable (`idno.format`) or Refused `idno.checksum`.
    """
    value = normalise(typed)
    kind = _kind_of(value)
    if _sum(value) % 10:
        raise Refused("idno.checksum")
    return IdentityNumber(value, kind)


def normalise(typed: str) -> str:
    """Return what was typed without spaces around it, in NFKC and upper case."""
    return unicodedata.normalize("NFKC", typed[:LONGEST_TYPED]).strip().upper()


def check_digit(first_nine: str) -> str:
    """Return the tenth character of the number that begins so."""
    return str(-_sum(f"{first_nine}0") % 10)


def _kind_of(value: str) -> Kind:
    if len(value) != LENGTH:
        raise NumberUnreadable(Part.LENGTH)
    if value[0] not in ORDER:
        raise NumberUnreadable(Part.LETTER)
    kind = next((kind for seconds, kind in _KINDS.items() if value[1] in seconds), None)
    if kind is None:
        raise NumberUnreadable(Part.SECOND)
    if not re.fullmatch("[0-9]{8}", value[2:], re.ASCII):
        raise NumberUnreadable(Part.DIGITS)
    return kind


def _sum(value: str) -> int:
    tens, ones = divmod(_code(value[0]), 10)
    second = int(value[1]) if value[1] in "0123456789" else _code(value[1]) % 10
    return _weighed([tens, ones, second, *map(int, value[2:])])


def _code(letter: str) -> int:
    return 10 + ORDER.index(letter)


def _weighed(digits: Iterable[int]) -> int:
    return sum(digit * weight for digit, weight in zip(digits, WEIGHTS, strict=True))
