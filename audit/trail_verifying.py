"""Find what was changed in the trail after it was sealed: edited, removed, inserted or moved (9).

Reads one batch at a time in short transactions: memory stays constant and nobody waits.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, exists, func, select
from sqlalchemy.orm import Session

from audit.horizons import PATIENCE
from audit.lines import FIRST, link
from audit.models import TrailCheckpoint, TrailEntry, TrailSeal
from audit.sealing import Check
from audit.trail_sealing import VERSION, form, newest, statement
from audit.verifying import AT_ONCE, Finding, said
from kernel.db import Sessions, transaction
from kernel.ids import first_id_at


@dataclass
class _Chain:
    """How far the chain was followed."""

    position: int = 0
    hash: bytes = FIRST


def extent(make: Sessions) -> int:
    """Return how many entries were sealed."""
    with transaction(make) as session:
        return session.scalar(select(func.count()).select_from(TrailSeal)) or 0


def verify(
    make: Sessions, *, check: Check, advance: Callable[[int], None] = lambda _done: None
) -> Iterator[Finding]:
    """Recompute the chain and report each entry and checkpoint that is not as it was sealed."""
    chain, unvouched = _Chain(), list[int]()
    before: TrailCheckpoint | None = None
    while True:
        with transaction(make) as session:
            current = _following(session, before)
        if current is None:
            break
        yield from _examined(current, before)
        yield from _followed(make, chain, current, advance)
        if check(current.signed) is None:
            unvouched.append(current.number)
        else:
            unvouched.clear()
        before = current
    if unvouched:
        yield Finding(
            f"trail checkpoint {unvouched[0]}", "no key of ours signed it, nor one after it"
        )
    yield from _outside(make, chain)


def _following(session: Session, before: TrailCheckpoint | None) -> TrailCheckpoint | None:
    number = 0 if before is None else before.number
    return session.scalar(
        select(TrailCheckpoint)
        .where(TrailCheckpoint.number > number)
        .order_by(TrailCheckpoint.number)
        .limit(1)
    )


def _examined(current: TrailCheckpoint, before: TrailCheckpoint | None) -> Iterator[Finding]:
    expected = 1 if before is None else before.number + 1
    if current.number != expected:
        yield Finding(f"trail checkpoint {expected}", "removed")
    elif not statement(current, before).items() <= (said(current.signed) or {}).items():
        yield Finding(
            f"trail checkpoint {current.number}",
            "it does not say what was signed, or not after the one before",
        )


def _followed(
    make: Sessions, chain: _Chain, current: TrailCheckpoint, advance: Callable[[int], None]
) -> Iterator[Finding]:
    """Follow the chain as far as a checkpoint vouches for it."""
    while chain.position < current.position:
        with transaction(make) as session:
            rows = session.execute(_sealed(chain.position, current.position)).all()
        for row in rows:
            yield from _examined_entry(chain, row)
        if not rows:
            break
        advance(len(rows))
    if (chain.position, chain.hash) != (current.position, current.hash):
        yield Finding(
            f"trail checkpoint {current.number}", "the chain does not end where it was signed"
        )
        chain.position, chain.hash = current.position, current.hash


def _sealed(after: int, until: int) -> Any:  # a Select of seals with their entries
    return (
        select(
            TrailSeal.position,
            TrailSeal.entry_id,
            TrailSeal.hash,
            *TrailEntry.__table__.columns,
        )
        .outerjoin(TrailEntry, TrailEntry.id == TrailSeal.entry_id)
        .where(TrailSeal.position > after, TrailSeal.position <= until)
        .order_by(TrailSeal.position)
        .limit(AT_ONCE)
    )


def _examined_entry(chain: _Chain, row: Row[Any]) -> Iterator[Finding]:
    if row.position != chain.position + 1:
        yield Finding(f"trail position {chain.position + 1}", "its seal was removed")
    elif row.id is None:
        yield Finding(f"trail entry {row.entry_id}", "removed")
    elif link(chain.hash, form(row), version=VERSION) != row.hash:
        yield Finding(f"trail entry {row.entry_id}", "edited or moved: it is not what was sealed")
    chain.position, chain.hash = row.position, row.hash


def _outside(make: Sessions, chain: _Chain) -> Iterator[Finding]:
    """Report seals after the last checkpoint, and entries whose time was sealed without them."""
    sealed = exists().where(TrailSeal.entry_id == TrailEntry.id)
    with transaction(make) as session:
        stray = session.scalars(
            select(TrailSeal.entry_id).where(TrailSeal.position > chain.position).limit(AT_ONCE)
        ).all()
        last = newest(session)
        found = (
            []
            if last is None
            else session.scalars(
                select(TrailEntry.id)
                .where(~sealed, TrailEntry.id < first_id_at(last.horizon - PATIENCE))
                .order_by(TrailEntry.id)
                .limit(AT_ONCE)
            ).all()
        )
    for entry_id in stray:
        yield Finding(f"trail entry {entry_id}", "the checkpoint of its seal was removed")
    for entry_id in found:
        yield Finding(f"trail entry {entry_id}", "inserted: its time was sealed without it")
