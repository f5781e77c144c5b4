"""Draw a picture anew, without what it does not show: where and when it was taken, by whom.

Pillow reads it and writes it again; nothing of the old file is copied but what draws the points.
"""

import io
import struct
from collections.abc import Mapping
from types import MappingProxyType

from PIL import Image, ImageOps

from kernel.errors import Refused

MOST_POINTS = 25_000_000  # 100 MB in memory; a telephone's camera takes half
FORMATS: Mapping[str, str] = MappingProxyType(
    {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
)
QUALITY = 90  # of 100, where a format loses something
LOSSLESS = b"VP8L"  # the part of a WebP that loses nothing (RFC 9649 2.6)
DRAWS = frozenset({"icc_profile", "transparency"})  # of what is said beside the points
# What Pillow makes of a broken or hostile file; it warns where tests let a warning be an error.
BROKEN = (
    *(OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, struct.error),
    *(Image.DecompressionBombError, Warning),
)


def redrawn(media_type: str, content: bytes) -> bytes:
    """Return the picture upright, in its colours, and nothing else; of moving ones the first.

    The same bytes give the same copy. Raises Refused `attachment.unreadable` for what is no whole
    picture, or would fill the memory.
    """
    kind, copy = FORMATS[media_type], io.BytesIO()
    try:
        with Image.open(io.BytesIO(content), formats=[kind]) as picture:
            _require_room(picture)  # so far only its head was read
            upright = ImageOps.exif_transpose(picture)
            upright.info = {key: told for key, told in upright.info.items() if key in DRAWS}
            colours = upright.info.get("icc_profile")  # only PNG takes it from there
            exactly = LOSSLESS in content  # only WebP can be either
            upright.save(copy, kind, quality=QUALITY, icc_profile=colours, lossless=exactly)
    except BROKEN:
        raise Refused("attachment.unreadable") from None
    return copy.getvalue()


def _require_room(picture: Image.Image) -> None:
    if picture.width * picture.height > MOST_POINTS:
        raise Refused("attachment.unreadable")
