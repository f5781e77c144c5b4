"""A PDF that acts by itself, carries files or is locked is refused; one to read is not."""

import zlib

import pytest

from kernel.errors import Refused
from services import pdf_actions
from services.pdf_actions import require_still
from tests.services import files_made

ELSEWHERE = "<</S/URI/URI(https://elsewhere.invalid)>>"
SCRIPT = "<</S/JavaScript/JS(app.alert\\(1\\))>>"
ACTING = {
    "script": files_made.pdf(SCRIPT),
    "script by another spelling": files_made.pdf("<</S/XXXavaScript>>").replace(
        b"/XXXava", b"/#4aava"
    ),
    "script among those of the document": files_made.pdf("<</Names<</JavaScript[]>>>>"),
    "script deep inside": files_made.pdf(f"[[<</Annots[{SCRIPT}]>>]]"),
    "script in an object stream": files_made.pdf(SCRIPT, is_packed=True),
    "script of a form": files_made.pdf("<</AcroForm<</XFA[]>>>>"),
    "program": files_made.pdf("<</S /Launch /F(cmd.exe)>>"),
    "file": files_made.pdf("<</Type/Filespec/EF<<>>>>"),
    "files by name": files_made.pdf("<</Names<</EmbeddedFiles[]>>>>"),
    "form that is sent away": files_made.pdf("<</S/SubmitForm/F(https://elsewhere.invalid)>>"),
    "form that is filled in from a file": files_made.pdf("<</S/ImportData/F(a.fdf)>>"),
    "film": files_made.pdf("<</Subtype/RichMedia>>"),
    "action of a page": files_made.pdf(f"<</Type/Page/AA<</O{ELSEWHERE}>>>>"),
    "action at opening": files_made.pdf(opens=ELSEWHERE),
    "password to read": files_made.pdf(lock="secret"),
}
STILL = {
    "text": files_made.pdf(),
    "objects in a stream": files_made.pdf(is_packed=True),
    "links": files_made.pdf("<</S/URI/URI(https://id.example.invalid)>>"),
    "page to begin with": files_made.pdf(opens="[0 /XYZ null null 0]"),
    "page to turn to": files_made.pdf(opens="<</S/GoTo/D[0 /XYZ null null 0]>>"),
    "words about scripts": files_made.pdf("<</Title(JavaScript and Launch)/JavaScripts 1>>"),
}


@pytest.mark.clause("6(4)")
@pytest.mark.refusal("attachment.acts")
@pytest.mark.parametrize("content", ACTING.values(), ids=ACTING)
def test_what_acts_is_refused(content: bytes) -> None:
    with pytest.raises(Refused, match=r"attachment\.acts"):
        require_still(content)


@pytest.mark.parametrize("content", STILL.values(), ids=STILL)
def test_what_is_only_read_passes(content: bytes) -> None:
    require_still(content)


@pytest.mark.refusal("attachment.unreadable")
def test_what_is_damaged_is_refused_and_not_guessed_at() -> None:
    whole = files_made.pdf()

    for content in (b"%PDF-1.7\n%%EOF", whole[:-40], b"%PDF-1.7\n" * 9 + whole[50:]):
        with pytest.raises(Refused, match=r"attachment\.unreadable"):
            require_still(content)


def test_objects_that_grow_beyond_what_one_looks_at_are_refused() -> None:
    require_still(packed(room=pdf_actions.EACH // 2))
    with pytest.raises(Refused, match=r"attachment\.unreadable"):
        require_still(packed(room=pdf_actions.EACH + 1))


def test_more_parts_than_one_looks_at_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_actions, "MOST_PARTS", 100)
    many = "[" + "<<>>" * 50 + "]"

    with pytest.raises(Refused, match=r"attachment\.unreadable"):
        require_still(files_made.pdf(f"[{many}{many}]"))


def packed(*, room: int) -> bytes:
    """Return a file whose object stream holds one dictionary and that much room (7.5.7)."""
    data = zlib.compress(b"1 0 <<>>" + b" " * room)
    head = b"<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n" % len(data)
    objects = {
        2: b"<</Type/Catalog/Pages 3 0 R>>",
        3: b"<</Type/Pages/Kids[]/Count 0>>",
        4: head + data + b"\nendstream",
    }
    file, places = b"%PDF-1.7\n", {}
    for number, each in objects.items():
        places[number] = len(file)
        file += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(
        bytes_of(*row)
        for row in ((0, 0), (2, 4), *((1, at) for at in places.values()), (1, len(file)))
    )
    entries = b"<</Type/XRef/W[1 3 1]/Size 6/Root 2 0 R/Length %d>>" % len(table)
    end = b"startxref\n%d\n%%%%EOF\n" % len(file)
    return file + b"5 0 obj\n" + entries + b"stream\n" + table + b"\nendstream\nendobj\n" + end


def bytes_of(kind: int, place: int) -> bytes:
    return bytes([kind]) + place.to_bytes(3, "big") + b"\x00"
