"""Write a table in three shapes: for programs, for spreadsheets, and to read and print."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from web.footprint_export import csv_row


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A table: its title, its columns (key and heading), and rows that may come one by one."""

    title: str
    language: str
    heads: Mapping[str, str]
    rows: Callable[[], Iterable[Sequence[str]]]


def as_json(sheet: Sheet) -> Iterator[str]:
    """Write a list of objects."""
    yield "[\n"
    comma = ""
    for row in sheet.rows():
        yield comma + json.dumps(dict(zip(sheet.heads, row, strict=True)), ensure_ascii=False)
        comma = ",\n"
    yield "\n]\n"


def as_csv(sheet: Sheet) -> Iterator[str]:
    """Write a table in UTF-8 with a mark, so that spreadsheets notice."""
    yield "\ufeff" + csv_row(list(sheet.heads.values()))
    for row in sheet.rows():
        yield csv_row(row)


def as_html(sheet: Sheet) -> Iterator[str]:
    """Write a page, complete in itself."""
    heads = Markup("").join(
        Markup('<th scope="col">{}</th>').format(head) for head in sheet.heads.values()
    )
    yield Markup(
        '<!doctype html>\n<html lang="{}">\n<meta charset="utf-8">\n<title>{}</title>\n'
        "<h1>{}</h1>\n<table border>\n<thead><tr>{}</tr></thead>\n<tbody>\n"
    ).format(sheet.language, sheet.title, sheet.title, heads)
    for row in sheet.rows():
        cells = Markup("</td><td>").join(row)
        yield Markup("<tr><td>{}</td></tr>\n").format(cells)
    yield "</tbody>\n</table>\n</html>\n"


SHAPES: Mapping[str, Callable[[Sheet], Iterator[str]]] = {
    "json": as_json,
    "csv": as_csv,
    "html": as_html,
}
