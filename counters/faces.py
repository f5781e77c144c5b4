"""Hold what is printed on a card against the member's record (7(3)).

Only a clerk's eyes can attest that they fit; the comparison says how they differ. Pure.
"""

import unicodedata
from enum import StrEnum

_VARIANTS = str.maketrans(
    {
        "台": "臺",
        "峯": "峰",
        "羣": "群",
        "裏": "裡",
        "綉": "繡",
        "黄": "黃",
        "温": "溫",
        "髙": "高",
        "栢": "柏",
        "凉": "涼",
        "眞": "真",
        "强": "強",
        "衆": "眾",
    }
)
_JOINTS = frozenset(" \u3000-‐‑–·・‧•．.,，'’")


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
    return Likeness.VARIANT if _bare(printed) == _bare(held) else Likeness.DIFFERENT


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name.strip())


def _bare(name: str) -> str:
    """Return the name without what differs between a register, a printer and a keyboard."""
    spelt = unicodedata.normalize("NFKD", name).translate(_VARIANTS).casefold()
    return "".join(
        each for each in spelt if each not in _JOINTS and not unicodedata.combining(each)
    )
