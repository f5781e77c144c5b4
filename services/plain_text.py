"""Read the little an agency's text may do: paragraphs, lists, links; everything else is text.

A line that begins with "- " is an entry of a list, an empty line ends a paragraph, and
[words](https://example.taipei/) is a link, to https or to a page of this site.
"""

import re
from dataclasses import dataclass

_LINK = re.compile(
    r"\[([^\[\]\n]{1,200})\]\((https://[^\s()<>\"']{1,500}|/[^\s()<>\"'\\]{0,500})\)"
)
_HOST = re.compile(r"https://[A-Za-z0-9.-]{1,253}(:\d{1,5})?([/?#].*)?")


@dataclass(frozen=True)
class Words:
    """Words, and where they lead, if anywhere."""

    text: str
    href: str | None = None


@dataclass(frozen=True)
class Block:
    """A paragraph of one line or more, or a list of one entry or more."""

    is_list: bool
    lines: tuple[tuple[Words, ...], ...]


def blocks(text: str) -> list[Block]:
    """Return the blocks of a text, in order."""
    found: list[Block] = []
    lines: list[tuple[Words, ...]] = []
    is_list = False
    for line in [*text.splitlines(), ""]:
        stripped = line.strip()
        begins_entry = stripped.startswith("- ")
        if lines and (not stripped or begins_entry != is_list):
            found.append(Block(is_list, tuple(lines)))
            lines = []
        if stripped:
            is_list = begins_entry
            lines.append(_words(stripped[2:].strip() if begins_entry else stripped))
    return found


def plain(text: str) -> str:
    """Return a text in one line without marks, to search in."""
    return " ".join(words.text for block in blocks(text) for line in block.lines for words in line)


def _words(line: str) -> tuple[Words, ...]:
    found, end = [], 0
    for link in _LINK.finditer(line):
        if not _leads_somewhere(link[2]):
            continue
        if link.start() > end:
            found.append(Words(line[end : link.start()]))
        found.append(Words(link[1], link[2]))
        end = link.end()
    if end < len(line):
        found.append(Words(line[end:]))
    return tuple(found)


def _leads_somewhere(href: str) -> bool:
    """Say whether it is a plain https address, or a path of ours: "//host" would leave the site."""
    if href.startswith("/"):
        return not href.startswith("//")
    return _HOST.fullmatch(href) is not None
