"""Read what an agency sends, record by record: CSV, JSON lines or XLSX, in UTF-8 or Big5.

Nothing is ever whole in memory. What cannot be read as a table refuses the file; what cannot be
read in one record is that record's trouble. No message repeats what was sent.
"""

import codecs
import csv
import io
import json
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from importlib import import_module
from typing import Any, BinaryIO

from kernel.errors import Refused
from services.consolidation_schema import BY_HEADING, Field

LARGEST = 64 * 1024 * 1024  # bytes
LONGEST_LINE = 64 * 1024  # characters
LONGEST_CELL = 200  # characters; what is longer is no number, day or name
MOST_COLUMNS = 50
PIECE = 256 * 1024  # bytes
UNREADABLE = "consolidation.file_unreadable"
UNDECODABLE = "consolidation.row_undecodable"
MISSHAPEN = "consolidation.row_misshapen"
# By name: a file of an office is a rare guest, and a worker would hold openpyxl all its life.
SHEETS = "services.consolidation_sheets"
ZIP = b"PK\x03\x04"
Cells = Mapping[Field, str]


class Format(StrEnum):
    """What a file is."""

    CSV = "csv"
    JSONL = "jsonl"
    XLSX = "xlsx"


class Encoding(StrEnum):
    """How its characters are written; an XLSX has but one way."""

    UTF_8 = "utf-8"
    BIG5_HKSCS = "big5hkscs"  # with the characters of Hong Kong and many of Taiwan's own
    CP950 = "cp950"  # Big5 as Windows writes it, with the euro and the private-use ones


class Unreadable(Exception):
    """One record cannot be used; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


Record = Cells | Unreadable


def recognise(file: BinaryIO) -> Format:
    """Return what a file is by its first bytes, never by its name."""
    file.seek(0)
    head = file.read(4096)
    file.seek(0)
    if head.startswith(ZIP):
        return Format.XLSX
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    return Format.JSONL if text.startswith(b"{") else Format.CSV


def detect(file: BinaryIO) -> Encoding:
    """Return UTF-8 if the whole file is, or its Chinese headings are; else Big5."""
    file.seek(0)
    head = file.readline(LONGEST_LINE)
    file.seek(0)
    if not head.isascii() and _is_utf_8([head]):
        return Encoding.UTF_8
    return Encoding.UTF_8 if _is_utf_8(iter(lambda: file.read(PIECE), b"")) else Encoding.BIG5_HKSCS


def _is_utf_8(pieces: Iterable[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for each in pieces:
            decoder.decode(each)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def require_columns(
    file: BinaryIO, format_: Format, encoding: Encoding, *, columns: Sequence[str]
) -> None:
    """Refuse a file that holds anything beside these columns, or lacks one of them (3-II).

    Raises Refused `consolidation.field_out_of_scope`, `consolidation.column_missing`,
    `consolidation.file_unreadable`.
    """
    if format_ is Format.JSONL:
        for record in _objects(file, encoding):
            if not isinstance(record, Unreadable):
                _require(list(record), columns)
        return
    first = next(_table(file, format_, encoding), None)
    if first is None or isinstance(first, Unreadable):
        raise Refused(UNREADABLE)
    _require([each.strip() for each in first], columns)


def _require(headings: Sequence[str], columns: Sequence[str]) -> None:
    found = [BY_HEADING.get(each) for each in headings]
    if len(set(found)) != len(found) or not set(found) <= set(map(Field, columns)):
        raise Refused("consolidation.field_out_of_scope")
    if set(found) != set(map(Field, columns)):
        raise Refused("consolidation.column_missing")


def records(file: BinaryIO, format_: Format, encoding: Encoding) -> Generator[Record, None, None]:
    """Yield each record below the headings, by field; blank lines are none.

    Raises Refused `consolidation.file_unreadable` where the rest cannot be told apart.
    """
    if format_ is Format.JSONL:
        for each in _objects(file, encoding):
            yield each if isinstance(each, Unreadable) else _cells(each)
        return
    table = _table(file, format_, encoding)
    first = next(table, None)
    if first is None or isinstance(first, Unreadable):
        raise Refused(UNREADABLE)
    order = [BY_HEADING[each.strip()] for each in first]
    for row in table:
        yield row if isinstance(row, Unreadable) else _in_order(row, order)


def _in_order(row: Sequence[str], order: Sequence[Field]) -> Record:
    if len(row) != len(order):
        return Unreadable(MISSHAPEN)
    return _checked(dict(zip(order, row, strict=True)))


def _cells(found: Mapping[str, Any]) -> Record:  # JSON
    if not all(isinstance(each, str | None) for each in found.values()):
        return Unreadable(MISSHAPEN)
    return _checked({BY_HEADING[name]: value or "" for name, value in found.items()})


def _checked(cells: Cells) -> Record:
    if any(len(each) > LONGEST_CELL or "\0" in each for each in cells.values()):
        return Unreadable(MISSHAPEN)
    if any(0xD800 <= ord(mark) <= 0xDFFF for each in cells.values() for mark in each):  # noqa: PLR2004  # surrogates
        return Unreadable(UNDECODABLE)
    return {field: each.strip() for field, each in cells.items()}


# Lines


def _table(
    file: BinaryIO, format_: Format, encoding: Encoding
) -> Iterator[Sequence[str] | Unreadable]:
    if format_ is Format.XLSX:
        yield from import_module(SHEETS).rows(file, most_columns=MOST_COLUMNS)
        return
    try:
        for row in csv.reader(_lines(file, encoding)):
            if len(row) > MOST_COLUMNS:
                raise Refused(UNREADABLE)
            if any(row):
                yield row
    except csv.Error:
        raise Refused(UNREADABLE) from None


def _objects(file: BinaryIO, encoding: Encoding) -> Iterator[Mapping[str, Any] | Unreadable]:
    for line in _lines(file, encoding):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            found = None
        yield found if isinstance(found, dict) else Unreadable(MISSHAPEN)


def _lines(file: BinaryIO, encoding: Encoding) -> Iterator[str]:
    """Yield the lines; a byte that is no character becomes half of one, and its record is bad."""
    file.seek(0)
    name = "utf-8-sig" if encoding is Encoding.UTF_8 else encoding.value
    text = io.TextIOWrapper(file, encoding=name, errors="surrogateescape", newline="")
    try:
        while line := text.readline(LONGEST_LINE):
            if len(line) == LONGEST_LINE and not line.endswith(("\n", "\r")):
                raise Refused(UNREADABLE)
            yield line
    finally:
        text.detach()
