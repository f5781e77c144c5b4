"""Pictures and PDFs for tests, with what should not be in them."""

import io

import pikepdf
from PIL import Image, ImageCms, PngImagePlugin

PLACE = "25.0375N 121.5637E"  # what nobody else should read
ORIENTATION, MADE_BY, SAID = 0x0112, 0x010F, 0x010E  # of Exif
COLOURS = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def points(width: int = 3, height: int = 2) -> Image.Image:
    """Return a picture that is red at the upper left, and blue elsewhere."""
    drawn = Image.new("RGB", (width, height), "blue")
    drawn.paste("red", (0, 0, width // 2, height // 2))
    return drawn


def picture(kind: str = "PNG", *, turned: int | None = None, says: bool = False) -> bytes:
    """Return a file of this format, which may say how to turn it, and where it was taken."""
    exif, texts = Image.Exif(), PngImagePlugin.PngInfo()
    if turned is not None:
        exif[ORIENTATION] = turned
    if says:
        exif[SAID] = exif[MADE_BY] = PLACE
        texts.add_text("Comment", PLACE)
    file = io.BytesIO()
    points(32, 16).save(
        file,
        kind,
        exif=exif,
        pnginfo=texts,
        comment=PLACE if says else "",
        xmp=PLACE.encode() if says else b"",
        icc_profile=COLOURS,
    )
    return file.getvalue() + (PLACE.encode() if says else b"")


def pdf(held: str = "<<>>", *, opens: str = "", is_packed: bool = False, lock: str = "") -> bytes:
    """Return one page and something that its catalogue holds, or does when it is opened."""
    made, file = pikepdf.new(), io.BytesIO()
    made.add_blank_page()
    made.Root.Held = made.make_indirect(pikepdf.Object.parse(held.encode()))
    if opens:
        made.Root.OpenAction = pikepdf.Object.parse(opens.encode())
    packed = pikepdf.ObjectStreamMode.generate if is_packed else pikepdf.ObjectStreamMode.disable
    encryption = pikepdf.Encryption(owner="owner", user=lock) if lock else None
    made.save(file, object_stream_mode=packed, encryption=encryption)
    return file.getvalue()
