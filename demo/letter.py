"""Write the letter that lets somebody fetch a card for another, as a file for office programs."""

import io
import zipfile
from xml.sax.saxutils import escape

from services.attachments import ODT

LINES = (
    "委託書（示範） Letter of authorisation (demo)",
    "委託人 I: ______________________",
    "委託 authorise: ______________________",
    "代領圖書借閱證 to fetch my library card.",
    "簽名和日期 Signature and day: ______________________",
)
OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
MANIFEST = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_LISTED = (
    f'{_HEAD}<m:manifest xmlns:m="{MANIFEST}" m:version="1.3">'
    f'<m:file-entry m:full-path="/" m:version="1.3" m:media-type="{ODT}"/>'
    '<m:file-entry m:full-path="content.xml" m:media-type="text/xml"/></m:manifest>'
)


def written() -> bytes:
    """Return the letter; the same bytes each time, for a file is known by them."""
    lines = "".join(f"<t:p>{escape(each)}</t:p>" for each in LINES)
    content = (
        f'{_HEAD}<o:document-content xmlns:o="{OFFICE}" xmlns:t="{TEXT}" o:version="1.3">'
        f"<o:body><o:text>{lines}</o:text></o:body></o:document-content>"
    )
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as package:  # its kind stands first, and is not compressed
        for name, held in (
            ("mimetype", ODT),
            ("content.xml", content),
            ("META-INF/manifest.xml", _LISTED),
        ):
            package.writestr(zipfile.ZipInfo(name), held)
    return file.getvalue()
