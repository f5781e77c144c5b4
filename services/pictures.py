"""Take out of a picture what it does not show: where and when it was taken, by whom, with what.

A picture is copied part by part; a part that nobody needs to draw it stays behind, and so does all
that follows its end. Its points are not touched.
"""

import re
import struct
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from kernel.errors import Refused

UNREADABLE = "attachment.unreadable"
PNG_START = b"\x89PNG\r\n\x1a\n"
# What draws it, and its colours (PNG, 3rd edition, 11.2 and 11.3).
PNG_KEPT = frozenset(b"IHDR PLTE IDAT IEND tRNS cHRM cICP gAMA iCCP sBIT sRGB bKGD pHYs".split())
WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ICCP", b"ALPH", b"ANIM", b"ANMF"})
WEBP_TELLS = 0x08 | 0x04  # bits of VP8X that announce Exif and XMP
JPEG_END, JPEG_SCAN = 0xD9, 0xDA
JPEG_BARE = frozenset({0x01, *range(0xD0, 0xD8)})  # markers without a length
JPEG_DRAWS = frozenset({*range(0xC0, 0xD0), 0xDA, 0xDB, 0xDC, 0xDD, 0xDE, 0xDF})
JPEG_SAYS = {0xE0: b"JFIF\x00", 0xE2: b"ICC_PROFILE\x00", 0xEE: b"Adobe"}  # about its colours
JPEG_EXIF = (0xE1, b"Exif\x00\x00")
AFTER_SCAN = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")  # the next marker that is none of the scan's
ORIENTATION, SIDEWAYS = 0x0112, range(2, 9)  # Exif 2.32, 4.6.4: how to turn it


def stripped(media_type: str, content: bytes) -> bytes:
    """Return the picture without what it does not show; other files as they are.

    Raises Refused `attachment.unreadable` for what is no whole picture.
    """
    copy = COPIES.get(media_type)
    if copy is None:
        return content
    try:
        return copy(content)
    except (struct.error, IndexError, ValueError):
        raise Refused(UNREADABLE) from None


def _png(content: bytes) -> bytes:
    kept, at = [PNG_START], len(PNG_START)
    while True:
        size, kind = struct.unpack_from(">I4s", content, at)
        part, at = content[at : at + size + 12], at + size + 12  # length, kind, checksum
        if kind in PNG_KEPT:
            kept.append(part)
        if kind == b"IEND":
            return b"".join(kept)


def _webp(content: bytes) -> bytes:
    (size,) = struct.unpack_from("<I", content, 4)
    kept, at, end = [], 12, size + 8
    if end > len(content):
        raise ValueError
    while at < end:
        kind, length = struct.unpack_from("<4sI", content, at)
        part, at = content[at : at + 8 + length + length % 2], at + 8 + length + length % 2
        if kind == b"VP8X":
            part = part[:8] + bytes([part[8] & ~WEBP_TELLS]) + part[9:]
        if kind in WEBP_KEPT:
            kept.append(part)
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _jpeg(content: bytes) -> bytes:
    return b"\xff\xd8" + b"".join(_jpeg_parts(content)) + bytes([0xFF, JPEG_END])


def _jpeg_parts(content: bytes) -> Iterator[bytes]:
    at = 2
    while True:
        marker, at = _marker(content, at)
        if marker == JPEG_END:
            return
        if marker in JPEG_BARE:
            continue
        (size,) = struct.unpack_from(">H", content, at)
        body, at = content[at + 2 : at + size], at + size
        yield _jpeg_kept(marker, body)
        if marker == JPEG_SCAN:
            following = AFTER_SCAN.search(content, at)
            if following is None:
                raise ValueError
            yield content[at : following.start()]
            at = following.start()


def _marker(content: bytes, at: int) -> tuple[int, int]:
    if content[at] != 0xFF:  # noqa: PLR2004  # every marker begins so
        raise ValueError
    while content[at] == 0xFF:  # noqa: PLR2004
        at += 1
    return content[at], at + 1


def _jpeg_kept(marker: int, body: bytes) -> bytes:
    if (marker, body[:6]) == JPEG_EXIF:
        body = _turned(body)
    elif marker not in JPEG_DRAWS and not _is_about_colours(marker, body):
        body = b""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body if body else b""


def _is_about_colours(marker: int, body: bytes) -> bool:
    return marker in JPEG_SAYS and body.startswith(JPEG_SAYS[marker])


def _turned(exif: bytes) -> bytes:
    """Return an Exif part that says how to turn the picture and nothing else, or nothing."""
    order = {b"II": "<", b"MM": ">"}.get(exif[6:8])
    if order is None:
        return b""
    try:
        (start,) = struct.unpack_from(f"{order}I", exif, 10)
        (count,) = struct.unpack_from(f"{order}H", exif, 6 + start)
        entries = (
            struct.unpack_from(f"{order}HHIH", exif, 8 + start + 12 * number)
            for number in range(count)
        )
        turn = next((value for tag, _, _, value in entries if tag == ORIENTATION), 1)
    except struct.error:
        return b""
    if turn not in SIDEWAYS:
        return b""
    return exif[:6] + struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, ORIENTATION, 3, 1, turn, 0, 0)


COPIES: Mapping[str, Callable[[bytes], bytes]] = MappingProxyType(
    {"image/png": _png, "image/jpeg": _jpeg, "image/webp": _webp}
)
