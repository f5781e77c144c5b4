"""Pictures for tests: built part by part, with what should not be in them."""

import struct
import zlib

PLACE = b"25.0375N 121.5637E"  # what nobody else should read


def png(*parts: tuple[bytes, bytes], after: bytes = b"") -> bytes:
    """Return a picture of one point with further parts before its points."""
    head = (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    points = (b"IDAT", zlib.compress(b"\x00\x7f"))
    whole = b"".join(_chunk(*each) for each in (head, *parts, points, (b"IEND", b"")))
    return b"\x89PNG\r\n\x1a\n" + whole + after


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body), kind) + body + struct.pack(">I", zlib.crc32(kind + body))


def jpeg(*parts: tuple[int, bytes], after: bytes = b"") -> bytes:
    """Return the frame of a progressive picture: two scans, with what JPEG escapes in them."""
    head = ((0xE0, b"JFIF\x00\x01\x02"), *parts, (0xDB, b"table"), (0xC2, b"frame"))
    first = segment(0xDA, b"scan 1") + b"\x01\xff\x00\x02\xff\xd0\x03"
    second = segment(0xDA, b"scan 2") + b"\x04\x05"
    body = b"".join(segment(*each) for each in head) + first + second
    return b"\xff\xd8" + body + b"\xff\xd9" + after


def segment(marker: int, body: bytes) -> bytes:
    """Return one part of a JPEG file."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def exif(*entries: tuple[int, int], order: str = "<") -> bytes:
    """Return an Exif part with whole numbers by tag, and a place."""
    body = b"".join(struct.pack(f"{order}HHIHH", tag, 3, 1, value, 0) for tag, value in entries)
    start = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8)
    listed = struct.pack(f"{order}H", len(entries)) + body + bytes(4)
    return b"Exif\x00\x00" + start + listed + PLACE


def webp(*parts: tuple[bytes, bytes]) -> bytes:
    """Return a picture of these parts."""
    body = b"WEBP" + b"".join(
        struct.pack("<4sI", kind, len(each)) + each + bytes(len(each) % 2) for kind, each in parts
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body
