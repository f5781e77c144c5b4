"""Read the words of a language from their catalogue, a PO file: as much of the format as ours has.

Babel reads all of it, but each worker would hold five megabytes of the world's languages with it.
The tests read the same files by Babel, and compare.
"""

import json
import re
from collections.abc import Iterable
from gettext import NullTranslations

TEXT = "msgid"
WORDS = ("msgstr", "msgstr[0]", "msgstr[1]")
NAMES = frozenset({TEXT, "msgid_plural", *WORDS})
_LINE = re.compile(r'(?:(\S+) )?(".*")')


class Catalogue(NullTranslations):
    """The words of a language that counts as English does: one, and any other number."""

    def __init__(self, lines: Iterable[str]) -> None:
        """Read `lines`. Raises ValueError, naming the line, for what is not understood."""
        super().__init__()
        self._words = {each[TEXT]: _forms(each) for each in _entries(lines)}

    def gettext(self, message: str) -> str:
        """Return the words for `message`; without any, itself."""
        return self._words.get(message, (message,))[0]

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the words for `n` of what `msgid1` counts."""
        one, *more = self._words.get(msgid1, (msgid1, msgid2))
        return more[0] if more and n != 1 else one


def _forms(entry: dict[str, str]) -> tuple[str, ...]:
    return tuple(entry[name] for name in WORDS if name in entry)


def _entries(lines: Iterable[str]) -> list[dict[str, str]]:
    entries: list[dict[str, str]] = []
    part = ""
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line.strip())
        if found is None or (found[1] or part) not in NAMES:
            raise ValueError(f"line {number} of the catalogue is not understood")
        part = found[1] or part  # a line that names nothing goes on with what was begun
        if found[1] == TEXT:
            entries.append({})
        entries[-1][part] = entries[-1].get(part, "") + json.loads(found[2])
    return entries
