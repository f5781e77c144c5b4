"""What a picture does not show stays behind: where it was taken, when, by whom."""

import io
import struct
import zlib

import pytest
from PIL import Image

from kernel.errors import Refused
from services import pictures
from services.pictures import FORMATS, redrawn
from tests.services.files_made import COLOURS, PLACE, picture, points

RED, BLUE = (255, 0, 0), (0, 0, 255)


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def is_near(picture: Image.Image, place: tuple[int, int], colour: tuple[int, int, int]) -> bool:
    seen = picture.convert("RGB").getpixel(place)
    assert isinstance(seen, tuple)
    return all(abs(one - other) < 40 for one, other in zip(seen, colour, strict=True))


@pytest.mark.parametrize("media_type", FORMATS)
def test_what_is_drawn_stays_and_what_is_said_goes(media_type: str) -> None:
    kind = FORMATS[media_type]
    told = picture(kind, says=True)

    copy = redrawn(media_type, told)

    assert PLACE.encode() in told
    assert PLACE.encode() not in copy
    assert (opened(copy).format, opened(copy).size) == (kind, (32, 16))
    assert opened(copy).info["icc_profile"] == COLOURS
    assert not opened(copy).getexif()
    assert is_near(opened(copy), (3, 3), RED)
    assert is_near(opened(copy), (28, 12), BLUE)


@pytest.mark.parametrize("media_type", FORMATS)
def test_a_picture_stands_upright_without_being_told_to(media_type: str) -> None:
    copy = opened(redrawn(media_type, picture(FORMATS[media_type], turned=6)))

    assert copy.size == (16, 32)
    assert is_near(copy, (12, 3), RED)  # the upper left came to the upper right


def test_a_png_keeps_every_point_and_what_is_seen_through() -> None:
    drawn, file = points().quantize(4), io.BytesIO()
    drawn.save(file, "PNG", transparency=0)

    copy = opened(redrawn("image/png", file.getvalue()))

    assert copy.convert("RGBA").tobytes() == opened(file.getvalue()).convert("RGBA").tobytes()


def test_a_webp_that_loses_nothing_loses_nothing() -> None:
    drawn, file = points(), io.BytesIO()
    drawn.save(file, "WEBP", lossless=True)

    copy = opened(redrawn("image/webp", file.getvalue()))

    assert copy.convert("RGB").tobytes() == drawn.convert("RGB").tobytes()


@pytest.mark.parametrize("media_type", FORMATS)
def test_the_same_bytes_give_the_same_copy(media_type: str) -> None:
    sent = picture(FORMATS[media_type], says=True)

    assert redrawn(media_type, sent) == redrawn(media_type, sent)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_moving_pictures_the_first_is_kept(kind: str) -> None:
    file = io.BytesIO()
    points(32, 16).save(
        file, kind, save_all=True, append_images=[Image.new("RGB", (32, 16), "green")]
    )

    copy = opened(redrawn(f"image/{kind.lower()}", file.getvalue()))

    assert getattr(copy, "n_frames", 1) == 1
    assert is_near(copy, (3, 3), RED)


@pytest.mark.refusal("attachment.unreadable")
@pytest.mark.parametrize("media_type", FORMATS)
def test_what_is_no_whole_picture_is_refused(media_type: str) -> None:
    whole = picture(FORMATS[media_type])
    other = picture("GIF")

    for content in (b"", whole[:9], whole[: len(whole) - 40], other):
        with pytest.raises(Refused, match=r"attachment\.unreadable"):
            redrawn(media_type, content)


@pytest.mark.parametrize("height", [pictures.MOST_POINTS // 5000 + 1, 25_000, 100_000])
def test_what_would_fill_the_memory_is_refused_before_it_is_read(height: int) -> None:
    small = picture()
    head = b"IHDR" + struct.pack(">II", 5000, height) + small[24:29]
    large = small[:12] + head + struct.pack(">I", zlib.crc32(head)) + small[33:]

    with pytest.raises(Refused, match=r"attachment\.unreadable"):
        redrawn("image/png", large)
