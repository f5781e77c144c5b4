"""Speak the reader's language: choose one of ours and load its words.

The msgid of a text is the Chinese text itself, so Chinese needs no catalogue. English is read
from `translations/en/LC_MESSAGES/messages.po` at first use; nothing compiled is shipped that could
be older than its source.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path

from kernel.wording import CHINESE, ENGLISH, LANGUAGES
from web.catalogue import Catalogue

_CATALOGUES = Path(__file__).parent / "translations"
_BY_PRIMARY_TAG = {"zh": CHINESE, "en": ENGLISH}
_QUALITY = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)
_MOST_RANGES = 20  # what a browser sends is shorter; more is noise or an attack


@lru_cache(maxsize=len(LANGUAGES))
def translations(language: str) -> NullTranslations:
    """Return the words of `language`; raises ValueError for a language we do not speak."""
    if language not in LANGUAGES:
        raise ValueError(language)
    if language == CHINESE:
        return NullTranslations()
    with (_CATALOGUES / language / "LC_MESSAGES" / "messages.po").open(encoding="utf-8") as lines:
        return Catalogue(lines)


def choose(*, ui_locales: str, cookie: str, accept_language: str) -> str:
    """Return the language to speak: the client's wish, the reader's choice, the browser's, ours.

    `ui_locales` is space separated (OIDC Core 3.1.2.1), `accept_language` is the header of
    RFC 9110 12.5.4. Whatever they contain, the answer is one of `LANGUAGES`.
    """
    wishes = (*ui_locales.split()[:_MOST_RANGES], cookie, *_ranges(accept_language))
    return next((ours for wish in wishes if (ours := _ours(wish))), CHINESE)


def _ours(tag: str) -> str | None:
    primary = re.split("[-_]", tag.strip(), maxsplit=1)[0]
    return _BY_PRIMARY_TAG.get(primary.lower())


def _ranges(header: str) -> Iterator[str]:
    weighed = []
    for item in header.split(",", _MOST_RANGES)[:_MOST_RANGES]:
        tag, _, weight = item.partition(";")
        quality = _QUALITY.fullmatch(weight.strip() or "q=1")
        if quality and float(quality[1]) > 0:
            weighed.append((float(quality[1]), tag))
    yield from (tag for _, tag in sorted(weighed, key=lambda pair: -pair[0]))
