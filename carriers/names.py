"""Tidy what a member calls a carrier."""

import unicodedata

LONGEST = 40


def tidy(text: str) -> str:
    """Return `text` in one line of printable characters, at most 40; it may be empty."""
    composed = unicodedata.normalize("NFC", text[: 4 * LONGEST])
    printable = "".join(each if each.isprintable() else " " for each in composed)
    return " ".join(printable.split())[:LONGEST].strip()
