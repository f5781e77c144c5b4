"""Normalise account names, so that full-width and upper-case spellings find the same member."""

import unicodedata

from kernel.lines import printable

LONGEST = 128


def normalise(login: str) -> str:
    """Return `login` stripped, in NFKC and case-folded, without what no keyboard makes.

    At most 128 characters are looked at.
    """
    typed = printable(login[: 4 * LONGEST])
    return unicodedata.normalize("NFKC", typed).strip().casefold()[:LONGEST]
