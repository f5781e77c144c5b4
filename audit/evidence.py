"""Say of each act in a sample who did what about whom, why, and on which basis (regulation 9)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit.audit_models import AuditSample, Source
from audit.models import LedgerLine, TrailEntry
from audit.sampling import LOOKS

GONE = "gone"  # the act is no longer where it was drawn from


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One act: `member_id` only where its subject is a person."""

    place: int
    event: str
    at: datetime | None = None
    actor: UUID | None = None
    member_id: UUID | None = None
    client_id: UUID | None = None
    case: str = ""
    reason: str = ""
    claims: tuple[str, ...] = ()
    basis: tuple[str, ...] = ()


def read(session: Session, rows: Sequence[AuditSample]) -> list[Evidence]:
    """Return what the sample shows, in its order, in three statements at most."""
    entries = _trail(session, (each.entry_id for each in rows if each.source is Source.TRAIL))
    lines = _ledger(session, (each.entry_id for each in rows if each.source is Source.LEDGER))
    lines |= _ledger(session, filter(None, map(_line_of, entries.values())))
    return [_evidence(each, entries, lines) for each in rows]


def _trail(session: Session, ids: Iterable[UUID]) -> dict[UUID, TrailEntry]:
    found = session.scalars(select(TrailEntry).where(TrailEntry.id.in_(list(ids))))
    return {each.id: each for each in found}


def _ledger(session: Session, ids: Iterable[UUID]) -> dict[UUID, LedgerLine]:
    found = session.scalars(select(LedgerLine).where(LedgerLine.id.in_(list(ids))))
    return {each.id: each for each in found}


def _line_of(entry: TrailEntry) -> UUID | None:
    """Return the line of the footprint that a look wrote beside its entry."""
    line = entry.detail.get("line")
    return UUID(line) if isinstance(line, str) else None


def _evidence(
    row: AuditSample, entries: dict[UUID, TrailEntry], lines: dict[UUID, LedgerLine]
) -> Evidence:
    if row.source is Source.LEDGER:
        return _of_line(row.place, lines.get(row.entry_id))
    entry = entries.get(row.entry_id)
    if entry is None:
        return Evidence(place=row.place, event=GONE)
    line = lines.get(_line_of(entry) or entry.id)
    return Evidence(
        place=row.place,
        event=entry.event,
        at=entry.at,
        actor=entry.actor,
        member_id=entry.subject if entry.event in LOOKS else None,
        case=str(entry.detail.get("case", "")),
        reason="" if line is None else str(line.detail.get("reason", "")),
        claims=() if line is None else tuple(line.claims),
    )


def _of_line(place: int, line: LedgerLine | None) -> Evidence:
    if line is None:
        return Evidence(place=place, event=GONE)
    return Evidence(
        place=place,
        event=line.kind,
        at=line.at,
        member_id=line.member_id,
        client_id=line.client_id,
        claims=tuple(line.claims),
        basis=tuple(line.basis),
    )
