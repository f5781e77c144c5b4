"""Normalise account names, so that full-width and upper-case spellings find the same member."""

import unicodedata

LONGEST = 128


def normalise(login: str) -> str:
    """Return `login` stripped, in NFKC and case-folded; at most 128 characters are looked at."""
    return unicodedata.normalize("NFKC", login[: 4 * LONGEST]).strip().casefold()[:LONGEST]
