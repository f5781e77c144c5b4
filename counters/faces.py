"""Hold what is printed on a card against the member's record (7(3)).

Only a clerk's eyes can attest that they fit; the comparison says how they differ. Pure.
"""

import unicodedata
from enum import StrEnum

from members.person_names import is_same


class Likeness(StrEnum):
    """How two names are alike."""

    SAME = "same"
    VARIANT = "variant"  # other forms of the same characters, marks, spacing or case
    DIFFERENT = "different"


def compare(printed: str, held: str) -> Likeness:
    """Say how the printed name is like the one on record."""
    if not printed.strip() or not held.strip():
        return Likeness.DIFFERENT
    if _plain(printed) == _plain(held):
        return Likeness.SAME
    return Likeness.VARIANT if is_same(printed, held) else Likeness.DIFFERENT


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name.strip())
