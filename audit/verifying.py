"""Find what was changed after it was sealed: edited, removed, inserted or reordered lines.

Reads one checkpoint at a time in short transactions: memory stays constant and nobody waits.
"""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, exists, func, select
from sqlalchemy.orm import Session, aliased

from audit import merkle, trail_sealing
from audit.horizons import PATIENCE
from audit.lines import FIRST, Line, link
from audit.models import (
    LedgerCheckpoint,
    LedgerLine,
    LedgerSeal,
    LedgerVerification,
    TrailCheckpoint,
)
from audit.sealing import Check, newest, statement
from kernel.db import Json, Sessions, transaction
from kernel.ids import first_id_at

AT_ONCE = 5000
_Before = aliased(LedgerSeal)


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was sealed: which row, and what is wrong with it."""

    row: str  # "line <id>" or "checkpoint <number>"
    what: str


@dataclass(frozen=True)
class Extent:
    """How much there is to verify."""

    lines: int
    checkpoints: int


def extent(make: Sessions) -> Extent:
    """Return how many lines were sealed by how many checkpoints."""
    with transaction(make) as session:
        row = session.execute(
            select(func.coalesce(func.sum(LedgerCheckpoint.lines), 0), func.count())
        ).one()
        return Extent(int(row[0]), row[1])


def verify(
    make: Sessions, *, check: Check, advance: Callable[[int], None] = lambda _done: None
) -> Iterator[Finding]:
    """Recompute everything and report each row that is not as it was sealed.

    A checkpoint whose key has retired is vouched for by a later one that names it.
    """
    before: LedgerCheckpoint | None = None
    unvouched: list[int] = []
    while True:
        with transaction(make) as session:
            current = _following(session, before)
            if current is None:
                break
            yield from _examined(session, current, before)
        if check(current.signed) is None:
            unvouched.append(current.number)
        else:
            unvouched.clear()
        advance(current.lines)
        before = current
    if unvouched:
        yield Finding(f"checkpoint {unvouched[0]}", "no key of ours signed it, nor one after it")
    yield from _outside(make)


def _following(session: Session, before: LedgerCheckpoint | None) -> LedgerCheckpoint | None:
    number = 0 if before is None else before.number
    return session.scalar(
        select(LedgerCheckpoint)
        .where(LedgerCheckpoint.number > number)
        .order_by(LedgerCheckpoint.number)
        .limit(1)
    )


def _examined(
    session: Session, current: LedgerCheckpoint, before: LedgerCheckpoint | None
) -> Iterator[Finding]:
    name = f"checkpoint {current.number}"
    expected = 1 if before is None else before.number + 1
    if current.number != expected:
        yield Finding(f"checkpoint {expected}", "removed")
    elif not statement(current, before).items() <= (said(current.signed) or {}).items():
        yield Finding(name, "it does not say what was signed, or not after the one before")
    rows = session.execute(_seals(current.number)).all()
    for row in rows:
        yield from _examined_line(row)
    if len(rows) != current.lines:
        yield Finding(name, f"it sealed {current.lines} lines, {len(rows)} seals are left")
    elif merkle.root(row.hash for row in rows) != current.root:
        ends = f"lines {rows[0].line_id} to {rows[-1].line_id}" if rows else "it has none"
        yield Finding(name, f"its seals were rewritten or reordered: {ends}")


def _seals(number: int) -> Select[Any]:
    """Return a statement for the seals of a checkpoint, each with its line and the seal before."""
    return (
        select(
            LedgerSeal.line_id,
            LedgerSeal.position,
            LedgerSeal.hash,
            _Before.hash.label("before"),
            *LedgerLine.__table__.columns,
        )
        .outerjoin(LedgerLine, LedgerLine.id == LedgerSeal.line_id)
        .outerjoin(
            _Before,
            (_Before.member_id == LedgerSeal.member_id)
            & (_Before.position == LedgerSeal.position - 1),
        )
        .where(LedgerSeal.checkpoint == number)
        .order_by(LedgerSeal.place)
    )


def _examined_line(row: Row[Any]) -> Iterator[Finding]:
    if row.id is None:
        yield Finding(f"line {row.line_id}", "removed")
    elif row.position > 1 and row.before is None:
        yield Finding(f"line {row.line_id}", "the seal it follows was removed")
    elif link(row.before or FIRST, Line.of(row).form()) != row.hash:
        yield Finding(f"line {row.line_id}", "edited or moved: it is not what was sealed here")


def _outside(make: Sessions) -> Iterator[Finding]:
    """Report lines that no seal knows although their time was sealed long ago, and stray seals."""
    with transaction(make) as session:
        last = newest(session)
        number = 0 if last is None else last.number
        stray = session.scalars(
            select(LedgerSeal.line_id).where(LedgerSeal.checkpoint > number).limit(AT_ONCE)
        ).all()
    for line_id in stray:
        yield Finding(f"line {line_id}", "the checkpoint of its seal was removed")
    if last is None:
        return
    sealed = exists().where(LedgerSeal.line_id == LedgerLine.id)
    statement = select(LedgerLine.id).where(
        ~sealed, LedgerLine.id < first_id_at(last.horizon - PATIENCE)
    )
    with transaction(make) as session:
        found = session.scalars(statement.order_by(LedgerLine.id).limit(AT_ONCE)).all()
    for line_id in found:
        yield Finding(f"line {line_id}", "inserted: its time was sealed without it")


def keep(session: Session, extent: Extent, entries: int, findings: int, *, now: datetime) -> None:
    """Note that everything was recomputed, for whoever audits us."""
    session.add(LedgerVerification(at=now, lines=extent.lines, entries=entries, findings=findings))


def last(session: Session) -> LedgerVerification | None:
    """Return when everything was last recomputed, and what was found; None if never."""
    return session.scalar(
        select(LedgerVerification).order_by(LedgerVerification.id.desc()).limit(1)
    )


def pending(make: Sessions) -> int:
    """Return how many lines wait for their seal."""
    sealed = exists().where(LedgerSeal.line_id == LedgerLine.id)
    with transaction(make) as session:
        return session.scalar(select(func.count()).select_from(LedgerLine).where(~sealed)) or 0


def said(signed: str) -> Json | None:
    """Return what a signed checkpoint says, whoever signed it; None if it is none."""
    return _part(signed, 1)


def key_of(signed: str) -> str | None:
    """Return which key a signed checkpoint names, whoever signed it."""
    return (_part(signed, 0) or {}).get("kid")


def _part(signed: str, place: int) -> Json | None:
    try:
        part = signed.split(".")[place]
        words = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError):
        return None
    return words if isinstance(words, dict) else None


def differs(make: Sessions, kept: str) -> Finding | None:
    """Compare a checkpoint somebody kept elsewhere with ours: the end may have been cut off."""
    words = said(kept) or {}
    number = words.get("number")
    is_of_trail = words.get("format") == trail_sealing.FORMAT
    with transaction(make) as session:
        ours: LedgerCheckpoint | TrailCheckpoint | None = None
        if isinstance(number, int) and is_of_trail:
            ours = session.get(TrailCheckpoint, number)
        elif isinstance(number, int):
            ours = session.get(LedgerCheckpoint, number)
    if ours is not None and ours.signed == kept:
        return None
    name = f"{'trail ' if is_of_trail else ''}checkpoint {number}"
    return Finding(name, "it is not the one that was kept elsewhere")
