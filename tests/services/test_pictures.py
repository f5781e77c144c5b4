"""What a picture does not show stays behind: where it was taken, when, by whom."""

import pytest

from kernel.errors import Refused
from services.pictures import stripped
from tests.services.pictures_made import PLACE, exif, jpeg, png, segment, webp

PNG, JPEG, WEBP = "image/png", "image/jpeg", "image/webp"
ORIENTATION, MADE_BY = 0x0112, 0x010F


def test_a_png_keeps_what_draws_it() -> None:
    colours = (b"gAMA", b"\x00\x00\xb1\x8f")
    told = [(kind, PLACE) for kind in (b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME")]

    assert stripped(PNG, png(colours, *told, after=PLACE)) == png(colours)


def test_a_jpeg_keeps_what_draws_it() -> None:
    colours = [(0xE2, b"ICC_PROFILE\x00\x01\x01"), (0xEE, b"Adobe\x00d")]
    told = [
        (0xE1, exif((MADE_BY, 7))),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + PLACE),
        (0xE2, b"MPF\x00" + PLACE),
        (0xED, b"Photoshop 3.0\x00" + PLACE),
        (0xFE, PLACE),
    ]

    copy = stripped(JPEG, jpeg(*colours, *told, after=jpeg((0xE1, exif()))))

    assert copy == jpeg(*colours)


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_jpeg_is_turned_as_before_and_nothing_else_is_said(order: str) -> None:
    turned = stripped(JPEG, jpeg((0xE1, exif((MADE_BY, 7), (ORIENTATION, 6), order=order))))
    upright = stripped(JPEG, jpeg((0xE1, exif((ORIENTATION, 1), order=order))))
    wild = stripped(JPEG, jpeg((0xE1, exif((ORIENTATION, 900), order=order))))

    alone = exif((ORIENTATION, 6), order=">").removesuffix(PLACE)
    assert turned == jpeg((0xE1, alone))
    assert upright == wild == jpeg()


@pytest.mark.parametrize(
    "part", [b"Exif\x00\x00", b"Exif\x00\x00XX" + bytes(9), exif((ORIENTATION, 6))[:17]]
)
def test_an_exif_part_that_is_broken_goes_as_a_whole(part: bytes) -> None:
    assert stripped(JPEG, jpeg((0xE1, part))) == jpeg()


def test_a_webp_keeps_what_draws_it_and_announces_no_more() -> None:
    drawn = (b"VP8L", b"points!")
    whole = webp((b"VP8X", b"\x1c" + bytes(9)), drawn, (b"EXIF", PLACE), (b"XMP ", PLACE))

    assert stripped(WEBP, whole + PLACE) == webp((b"VP8X", b"\x10" + bytes(9)), drawn)


@pytest.mark.refusal("attachment.unreadable")
@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (PNG, b"\x89PNG\r\n\x1a\n" + bytes(16)),
        (PNG, png()[:-12]),
        (JPEG, b"\xff\xd8\xff\xe0"),
        (JPEG, jpeg()[:-2]),
        (JPEG, b"\xff\xd8" + segment(0xDB, b"table") + b"no marker"),
        (WEBP, webp((b"VP8L", b"points!"))[:-1]),
        (WEBP, b"RIFF\x04\x00"),
        (WEBP, webp((b"VP8X", b""))),
    ],
)
def test_what_is_no_whole_picture_is_refused(kind: str, content: bytes) -> None:
    with pytest.raises(Refused, match="unreadable"):
        stripped(kind, content)


def test_another_file_stays_as_it_is() -> None:
    assert stripped("application/pdf", b"%PDF-1.7") == b"%PDF-1.7"
