"""Write a whole footprint as a file: for people, for spreadsheets, and to be proved without us.

Written a thousand lines at a time, each portion read in a short transaction of its own: neither
memory nor locks grow with the file.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from markupsafe import Markup, escape
from sqlalchemy.orm import Session

from audit import proofs
from audit.lines import Line
from audit.proofs import Sealed
from clients import names
from clients.names import Named
from kernel.clock import TAIPEI
from kernel.db import Json, Sessions, transaction
from kernel.keyring import Keyring
from kernel.wording import Bilingual
from web import footprint_words, guardians

PORTION = 1000
FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # what a spreadsheet would run (CWE-1236)
TITLE = Bilingual("我的足跡", "My footprint")
HEADS = (
    Bilingual("時間（臺北）", "Time (Taipei)"),
    Bilingual("誰", "Who"),
    Bilingual("做了什麼", "What"),
    Bilingual("用途", "Purpose"),
    Bilingual("案件或理由", "Case or reason"),
    Bilingual("同意收據", "Consent receipt"),
    Bilingual("種類", "Kind"),
    Bilingual("編號", "Line"),
    Bilingual("順序", "Position"),
    Bilingual("雜湊值", "Hash"),
)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Whose footprint is written, in whose name, and in which language."""

    make: Sessions
    member_id: UUID
    issuer: str
    language: str
    at: datetime
    keyring: Keyring


Writer = Callable[[Wanted], Iterator[str]]


@dataclass(frozen=True)
class _Portion:
    """Some lines and the names they mention."""

    lines: list[Sealed]
    clients: Mapping[UUID, Named]
    purposes: Mapping[UUID, Bilingual]
    people: Mapping[str, str]


def _portions(wanted: Wanted, until: UUID | None) -> Iterator[_Portion]:
    after = None
    while until is not None:
        with transaction(wanted.make) as session:
            lines = proofs.oldest_first(
                session, wanted.member_id, after=after, until=until, most=PORTION
            )
            portion = _named(session, lines, wanted.keyring)
        if lines:
            yield portion
        if len(lines) < PORTION:
            return
        after = lines[-1].line.id


def _named(session: Session, lines: list[Sealed], keyring: Keyring) -> _Portion:
    clients = {each.line.client_id for each in lines if each.line.client_id}
    purposes = {each.line.purpose_id for each in lines if each.line.purpose_id}
    return _Portion(
        lines,
        names.of_clients(session, clients),
        names.of_purposes(session, purposes),
        guardians.people_in(session, [each.line for each in lines], keyring=keyring),
    )


def _until(wanted: Wanted) -> UUID | None:
    with transaction(wanted.make) as session:
        return proofs.last_of(session, wanted.member_id)


def as_json(wanted: Wanted) -> Iterator[str]:
    """Write lines, links and the signed end of the chain: `taipei-id ledger verify --file`."""
    with transaction(wanted.make) as session:
        proof = proofs.end_of(session, wanted.member_id)
        until = proofs.last_of(session, wanted.member_id)
    head = {
        "format": proofs.FORMAT,
        "issuer": wanted.issuer,
        "member_id": str(wanted.member_id),
        "exported_at": wanted.at.isoformat(),
        "proof": proof,
    }
    yield json.dumps(head, ensure_ascii=False, indent=1)[:-2] + ',\n "lines": [\n'
    proved, comma = (proof or {}).get("position", 0), ""
    for portion in _portions(wanted, until):
        for sealed in portion.lines:
            yield comma + json.dumps(_up_to(sealed, proved).form(), ensure_ascii=False)
            comma = ",\n"
    yield "\n]}\n"


def _up_to(sealed: Sealed, proved: int) -> Sealed:
    """Return the line without a seal that is younger than the proof in the file."""
    if sealed.position is None or sealed.position <= proved:
        return sealed
    return Sealed(sealed.line, None, None)


def as_csv(wanted: Wanted) -> Iterator[str]:
    """Write a table for spreadsheets, in UTF-8 with a mark so that they notice."""
    yield "\ufeff" + csv_row([head.text(wanted.language) for head in HEADS])
    for portion in _portions(wanted, _until(wanted)):
        for sealed in portion.lines:
            yield csv_row(_cells(sealed, portion, wanted.language))


def csv_row(cells: Sequence[str]) -> str:
    """Return a line of a table; what a spreadsheet would run is text (CWE-1236)."""
    written = io.StringIO()
    csv.writer(written).writerow([_harmless(cell) for cell in cells])
    return written.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def as_html(wanted: Wanted) -> Iterator[str]:
    """Write a page to read and to print, complete in itself."""
    title, language = TITLE.text(wanted.language), wanted.language
    heads = Markup("").join(
        Markup('<th scope="col">{}</th>').format(head.text(language)) for head in HEADS
    )
    yield Markup(
        '<!doctype html>\n<html lang="{}">\n<meta charset="utf-8">\n<title>{}</title>\n'
        "<h1>{}</h1>\n<p>{} · {}</p>\n<table border>\n<thead><tr>{}</tr></thead>\n<tbody>\n"
    ).format(language, title, title, wanted.issuer, _local(wanted.at), heads)
    for portion in _portions(wanted, _until(wanted)):
        for sealed in portion.lines:
            cells = (escape(cell) for cell in _cells(sealed, portion, language))
            yield Markup("<tr><td>{}</td></tr>\n").format(Markup("</td><td>").join(cells))
    yield "</tbody>\n</table>\n</html>\n"


def _cells(sealed: Sealed, portion: _Portion, language: str) -> list[str]:
    line = sealed.line
    named = portion.clients.get(line.client_id) if line.client_id else None
    client = None if named is None else named.name
    purpose = portion.purposes.get(line.purpose_id) if line.purpose_id else None
    return [
        _local(line.at),
        footprint_words.actor(line, client=client, language=language, people=portion.people),
        footprint_words.action(line, client=client, language=language, people=portion.people),
        "" if purpose is None else purpose.text(language),
        _why(line),
        " ".join(line.basis),
        line.kind,
        str(line.id),
        "" if sealed.position is None else str(sealed.position),
        "" if sealed.hash is None else sealed.hash.hex(),
    ]


def _why(line: Line) -> str:
    detail: Json = dict(line.detail)
    return " ".join(part for part in (detail.get("case"), _reason(line)) if part)


def _reason(line: Line) -> str:
    return str(line.detail.get("reason", "")) if "viewer" in line.detail else ""


def _local(moment: datetime) -> str:
    return moment.astimezone(TAIPEI).isoformat(sep=" ", timespec="seconds")


WRITERS: Mapping[str, tuple[Writer, str]] = {
    "json": (as_json, "application/json"),
    "csv": (as_csv, "text/csv"),
    "html": (as_html, "text/html"),
}
