"""Refuse a PDF that acts by itself, carries files, or cannot be looked into.

No library of ours reads PDF. What acts needs a name that says so (ISO 32000-1, 12.6.4), and the
names are looked for in the whole file and in everything compressed as such files usually are.
What is hidden under another filter is not seen: DoIT looks before it confirms, and the file is sent
as something to save.
"""

import re
import zlib
from collections.abc import Iterator

from kernel.errors import Refused

EACH, ALL = 4 * 1024 * 1024, 64 * 1024 * 1024  # bytes inflated of one stream, of a file
PIECE = 16 * 1024  # bytes read at once: how much follows a stream is not known
ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")  # /J#61vaScript is /JavaScript (7.3.5)
STREAM = re.compile(rb"stream\r?\n")
NAME_ENDS = rb"(?![^\x00\t\n\f\r ()<>\[\]{}/%])"
ACTS = re.compile(
    rb"/(?:JavaScript|Launch|ImportData|SubmitForm|RichMedia|EmbeddedFiles?|Encrypt)"
    + NAME_ENDS
    + rb"|/OpenAction"
    + NAME_ENDS
    + rb"(?!\s*\[)"  # to begin at a page is none; LibreOffice writes that into every file
)


def require_still(content: bytes) -> None:
    """Raise Refused `attachment.acts` for a PDF with a script, a program, a file or a password."""
    if any(ACTS.search(_unescaped(part)) for part in _parts(content)):
        raise Refused("attachment.acts")


def _unescaped(part: bytes) -> bytes:
    return ESCAPED.sub(lambda found: bytes.fromhex(found[1].decode()), part)


def _parts(content: bytes) -> Iterator[bytes]:
    """Return the file as it stands, and what its streams hold, wherever one may begin."""
    yield content
    room = ALL
    for begin in STREAM.finditer(content):
        inflated = _inflated(content, begin.end(), most=min(EACH, room))
        room -= len(inflated)
        if room <= 0:
            raise Refused("attachment.unreadable")
        yield inflated


def _inflated(content: bytes, begin: int, *, most: int) -> bytes:
    """Return what is compressed from a place on, as far as one looks; nothing if nothing is."""
    reader, found = zlib.decompressobj(), b""
    for at in range(begin, len(content), PIECE):
        try:
            found += reader.decompress(content[at : at + PIECE], most - len(found))
        except zlib.error:  # not compressed, or in another way
            break
        if reader.eof or len(found) >= most:
            break
    return found
