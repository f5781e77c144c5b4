"""Read the first sheet of an XLSX file row by row; what unpacks to too much is refused unread."""

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any, BinaryIO

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from kernel.errors import Refused

UNREADABLE = "consolidation.file_unreadable"
MOST_ENTRIES = 1_000
MOST_UNPACKED = 1024 * 1024 * 1024  # bytes, of rows that are read one by one
MOST_SHARED = 96 * 1024 * 1024  # bytes, of the texts that openpyxl holds in memory
MOST_OTHER = 8 * 1024 * 1024
DENSEST = 200  # unpacked to packed: a bomb is a thousand
# What a broken or hostile file makes of zipfile, expat and openpyxl.
BROKEN = (
    InvalidFileException,
    SyntaxError,  # of expat, and of lxml where that is there
    zipfile.BadZipFile,
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,  # encrypted, or compressed in a way nobody knows
    TypeError,
    ValueError,
    zlib.error,
)


def rows(file: BinaryIO, *, most_columns: int) -> Iterator[Sequence[str]]:
    """Yield the rows as text, days in ISO form; empty ones are none.

    A formula stays the text it is, so it is no number and no day. Raises Refused
    `consolidation.file_unreadable`.
    """
    try:
        _require_small(file)
        book = load_workbook(file, read_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()
        width = 0  # of the headings: a row may end in cells that are empty
        for row in sheet.iter_rows(values_only=True):
            cells = [_text(each) for each in _trimmed(row)]
            if len(cells) > most_columns:
                raise Refused(UNREADABLE)
            width = width or len(cells)
            if cells:
                yield cells + [""] * (width - len(cells))
    except BROKEN:
        raise Refused(UNREADABLE) from None


def _require_small(file: BinaryIO) -> None:
    file.seek(0)
    with zipfile.ZipFile(file) as packed:
        entries = packed.infolist()
    sheets = sum(each.file_size for each in entries if "/worksheets/" in each.filename)
    shared = sum(each.file_size for each in entries if "sharedStrings" in each.filename)
    total = sum(each.file_size for each in entries)
    dense = any(
        each.file_size > DENSEST * max(each.compress_size, 1) and each.file_size > MOST_OTHER
        for each in entries
    )
    if (
        len(entries) > MOST_ENTRIES
        or total > MOST_UNPACKED
        or shared > MOST_SHARED
        or total - sheets - shared > MOST_OTHER
        or dense
    ):
        raise Refused(UNREADABLE)
    file.seek(0)


def _trimmed(row: Sequence[Any]) -> Sequence[Any]:  # cells are of many types
    end = len(row)
    while end and row[end - 1] in (None, ""):
        end -= 1
    return row[:end]


def _text(cell: Any) -> str:  # of many types
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)
