"""Files that are broken or hostile are refused plainly, and never held in memory."""

import io
import json
import zipfile
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from kernel.errors import Refused
from services import consolidation_files as files
from services.consolidation_files import Encoding, Unreadable
from services.consolidation_schema import Field

COLUMNS = ("number", "state", "as_of")
HEADINGS = ["證號", "註記", "資料日"]


def read(file: io.BytesIO, encoding: Encoding | None = None) -> list[files.Record]:
    format_ = files.recognise(file)
    known = encoding or files.detect(file)
    files.require_columns(file, format_, known, columns=COLUMNS)
    return list(files.records(file, format_, known))


def codes(found: list[files.Record]) -> list[str]:
    return [each.code if isinstance(each, Unreadable) else "" for each in found]


def a_sheet(*rows: list[object]) -> io.BytesIO:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (HEADINGS, *rows):
        sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file


def some_lines(*objects: object) -> io.BytesIO:
    return io.BytesIO("\n".join(map(json.dumps, objects)).encode())


def test_the_three_formats_say_the_same() -> None:
    cells = ["A123456789", "已開通", "2026-11-20"]
    comma = io.BytesIO(f"{','.join(HEADINGS)}\r\n{','.join(cells)}\r\n".encode())
    lines = some_lines(dict(zip(HEADINGS, cells, strict=True)))
    sheet = a_sheet(["A123456789", "已開通", datetime(2026, 11, 20)])  # noqa: DTZ001  # as Excel has it

    wanted = dict(zip(map(Field, COLUMNS), cells, strict=True))
    assert [read(each) for each in (comma, lines, sheet)] == [[wanted]] * 3


def test_mixed_line_ends_and_blank_lines_are_no_trouble() -> None:
    found = read(io.BytesIO(b"number,state,as_of\ra,b,c\r\n\nd,e,f\n\r\n"))

    assert len(found) == 2


def test_a_row_of_a_sheet_may_end_in_empty_cells_and_a_formula_is_only_text() -> None:
    found = read(a_sheet(["A123456789", "已開通", None], ["=1+1", 5.0, None], [None]))

    assert found[0] == {Field.NUMBER: "A123456789", Field.STATE: "已開通", Field.AS_OF: ""}
    assert found[1] == {Field.NUMBER: "=1+1", Field.STATE: "5", Field.AS_OF: ""}
    assert len(found) == 2


@pytest.mark.parametrize(
    "line",
    [b"[]", b"{", b'{"number": 1, "state": "", "as_of": ""}', b"[" * 100_000, b"9" * 9_999],
)
def test_a_line_that_is_no_record_is_its_own_trouble(line: bytes) -> None:
    good = b'{"number": "a", "state": "b", "as_of": null}'

    assert codes(read(io.BytesIO(good + b"\n" + line[:60_000]))) == [
        "",
        "consolidation.row_misshapen",
    ]


def test_half_a_character_in_json_is_named() -> None:
    found = read(some_lines({"number": "\ud800", "state": "", "as_of": ""}))

    assert codes(found) == ["consolidation.row_undecodable"]


def test_a_key_too_many_anywhere_refuses_all_lines() -> None:
    good = dict.fromkeys(COLUMNS, "")

    with pytest.raises(Refused, match="field_out_of_scope"):
        read(some_lines(good, good, {**good, "income": "1"}))


def a_zip(name: str, content: bytes) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, content)
    return file


@pytest.mark.refusal("consolidation.file_unreadable")
@pytest.mark.parametrize(
    "file",
    [
        io.BytesIO(b""),
        io.BytesIO(b"PK\x03\x04"),
        io.BytesIO(b"number,state,as_of\n" + b'"' + b"x" * 300_000),
        io.BytesIO(b"x" * 200_000),
        io.BytesIO(b"," * 60_000),
        a_zip("xl/worksheets/sheet1.xml", b"0" * 20_000_000),  # a bomb
        a_zip("anything.txt", b"nothing"),
        a_zip("[Content_Types].xml", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"),
    ],
)
def test_what_is_no_table_is_refused(file: io.BytesIO) -> None:
    with pytest.raises(Refused, match="file_unreadable"):
        read(file)


def test_a_million_columns_are_refused() -> None:
    with pytest.raises(Refused, match="file_unreadable"):
        read(a_sheet(["x"] * 10_000))


@given(st.binary(max_size=400))
def test_whatever_bytes_come_there_is_a_plain_answer(content: bytes) -> None:
    for head in (b"", b"number,state,as_of\n", b"{", b"PK\x03\x04"):
        for encoding in Encoding:
            try:
                found = read(io.BytesIO(head + content), encoding)
            except Refused:
                continue
            assert all(isinstance(each, Unreadable) or len(each) == 3 for each in found)
