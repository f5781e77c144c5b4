"""A PDF that acts by itself, carries files or is locked is refused; one to read is not."""

import zlib

import pytest

from kernel.errors import Refused
from services import pdf_actions
from services.pdf_actions import require_still


def a_pdf(*objects: bytes) -> bytes:
    numbered = (
        b"%d 0 obj\n%s\nendobj\n" % (number, each) for number, each in enumerate(objects, 1)
    )
    return b"%PDF-1.7\n" + b"".join(numbered) + b"trailer\n<</Root 1 0 R>>\n%%EOF\n"


def compressed(held: bytes, *, more: bytes = b"") -> bytes:
    """Return an object stream, in which PDF 1.5 keeps objects (ISO 32000-1, 7.5.7)."""
    data = zlib.compress(held)
    entries = b"<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>" % len(data)
    return entries + b"stream\r\n" + data + more + b"\nendstream"


SCRIPT = b"<</S/JavaScript/JS(app.alert(1))>>"
ACTING = {
    "script": SCRIPT,
    "script by another spelling": b"<</S/J#61vaScript/JS(1)>>",
    "script among those of the document": b"<</Names<</JavaScript 5 0 R>>>>",
    "program": b"<</S /Launch /F(cmd.exe)>>",
    "file": b"<</Type/Filespec/EF<</F 9 0 R>>>> <</Type/EmbeddedFile>>",
    "files by name": b"<</Names<</EmbeddedFiles 3 0 R>>>>",
    "form that is sent away": b"<</S/SubmitForm/F(https://elsewhere.invalid)>>",
    "film": b"<</Subtype/RichMedia>>",
    "password": b"<</Encrypt 7 0 R>>",
    "action at opening": b"<</OpenAction<</S/URI/URI(https://elsewhere.invalid)>>>>",
    "action at opening, elsewhere": b"<</OpenAction 4 0 R>>",
    "script in an object stream": compressed(b"1 0 " + SCRIPT),
    "script behind what looks like a stream": b"(stream\n endstream)" + compressed(SCRIPT),
}
STILL = {
    "text": b"<</Type/Page/Contents 2 0 R>>",
    "links": b"<</S/URI/URI(https://id.example.invalid)>>",
    "page to begin with": b"<</OpenAction [3 0 R /XYZ null null 0]>>",
    "words about scripts": b"<</Title(JavaScript and Launch)/JavaScripts 1>>",
    "object stream": compressed(b"1 0 <</Type/Catalog>>"),
    "stream that is not compressed so": b"<</Filter/DCTDecode>>stream\n\xff\xd8\xff\nendstream",
    "stream cut short": b"<<>>stream\n" + zlib.compress(b"x" * 999)[:-4] + b"\nendstream",
}


@pytest.mark.clause("6(4)")
@pytest.mark.refusal("attachment.acts")
@pytest.mark.parametrize("held", ACTING.values(), ids=ACTING)
def test_what_acts_is_refused(held: bytes) -> None:
    with pytest.raises(Refused, match=r"attachment\.acts"):
        require_still(a_pdf(held))


@pytest.mark.parametrize("held", STILL.values(), ids=STILL)
def test_what_is_only_read_passes(held: bytes) -> None:
    require_still(a_pdf(held))


def test_what_grows_beyond_what_one_looks_at_is_refused() -> None:
    streams = pdf_actions.ALL // pdf_actions.EACH
    bomb = compressed(bytes(pdf_actions.EACH + 1))

    require_still(a_pdf(*[bomb] * (streams - 1)))
    with pytest.raises(Refused, match="unreadable"):
        require_still(a_pdf(*[bomb] * streams))
