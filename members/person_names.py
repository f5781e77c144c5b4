"""Read names of people: written exactly as on the document, compared with forgiveness.

Rare characters (CJK extensions, the private-use ones of CNS 11643), indigenous and romanised names
and single names are all names. Nothing is split into family and given name.
"""

import unicodedata

from kernel.errors import Refused

LONGEST = 50  # characters, where some are Chinese
LONGEST_ROMANISED = 100  # as on a residence permit
NOT_IN_A_NAME = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # controls, invisible marks, halves, line ends
LAST_OF_PLANE = 0xFFFF
RESERVED = range(0xFDD0, 0xFDF0)
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
_SEPARATORS = frozenset("·‧・•．.,，、-‐‑–'’ʼ")


def read(typed: str) -> str:
    """Return the name as typed, without the spaces around it. Raises Refused `name.format`."""
    name = typed[: 4 * LONGEST_ROMANISED].strip()
    longest = LONGEST_ROMANISED if _is_latin(name) else LONGEST
    if not 1 <= len(name) <= longest or not any(map(_is_letter, name)):
        raise Refused("name.format")
    if any(unicodedata.category(each) in NOT_IN_A_NAME or _is_no_character(each) for each in name):
        raise Refused("name.format")
    return name


def search_key(name: str) -> str:
    """Return the name without what differs between a register, a printer and a keyboard.

    That is: variants of characters, widths, case, marks on letters, spacing and joints.
    """
    folded = unicodedata.normalize("NFKD", name).casefold().translate(_VARIANTS)
    return "".join(
        each
        for each in folded
        if not (each.isspace() or each in _SEPARATORS or unicodedata.combining(each))
    )


def is_same(one: str, other: str) -> bool:
    """Say whether two spellings may be one name; a person compares them all the same (7(3))."""
    return search_key(one) == search_key(other)


def _is_latin(name: str) -> bool:
    return all(ord(each) < 0x2E80 for each in name)  # noqa: PLR2004  # where CJK begins


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] == "L" or unicodedata.category(character) in (
        "Co",  # private use: CNS 11643
        "Cn",  # newer than this Python's tables
    )


def _is_no_character(character: str) -> bool:
    """Say whether Unicode will never give it a meaning (Unicode 23.7)."""
    return (ord(character) | 1) & 0xFFFF == LAST_OF_PLANE or ord(character) in RESERVED
