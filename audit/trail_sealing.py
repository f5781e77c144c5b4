"""Chain and sign the trail after the fact, as the ledger is: one chain for the whole system (9).

Run beside `audit.sealing`, by the worker. Nothing that writes an entry waits for it; of two at once
one takes the next position, and the other comes back later.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import exists, insert, select
from sqlalchemy.orm import Session

from audit import horizons
from audit.lines import FIRST, link
from audit.models import TrailCheckpoint, TrailEntry, TrailSeal
from audit.sealing import (
    BATCH,
    Signing,
    fingerprint,
    in_batches,
    is_by_present_key,
    require_ours,
)
from kernel.db import Json, Sessions
from kernel.ids import first_id_at

FORMAT = "taipei-id/trail-checkpoint/1"
VERSION = "taipei-id/trail/1"


def seal(
    make: Sessions,
    *,
    signing: Signing,
    now: datetime,
    batch: int = BATCH,
    rounds: int | None = None,
) -> int:
    """Seal every committed entry, or `rounds` batches; return how many entries there were.

    Raises NotOurs if somebody else signed the last checkpoint.
    """
    return in_batches(
        make,
        lambda session: _seal_some(session, signing=signing, now=now, batch=batch),
        batch=batch,
        rounds=rounds,
    )


def _seal_some(session: Session, *, signing: Signing, now: datetime, batch: int) -> int:
    before = newest(session)
    require_ours(before, signing)
    since = horizons.since(session, before, now=now)
    entries = session.scalars(_unsealed(since).limit(batch)).all()
    if not entries and is_by_present_key(before, signing):
        return 0
    position, hash_ = _end(session)
    seals: list[dict[str, Any]] = []
    for entry in entries:
        position, hash_ = position + 1, link(hash_, form(entry), version=VERSION)
        seals.append({"position": position, "entry_id": entry.id, "hash": hash_})
    if seals:
        session.execute(insert(TrailSeal), seals)
    last_at = entries[-1].at if entries else now
    values = {
        "number": 1 if before is None else before.number + 1,
        "at": now,
        "horizon": horizons.after(before, last_at, now=now, full=len(entries) == batch),
        "position": position,
        "hash": hash_,
    }
    signed = signing.sign(statement(values, before))
    session.execute(insert(TrailCheckpoint), {**values, "signed": signed})
    return len(entries)


def newest(session: Session) -> TrailCheckpoint | None:
    """Return the last checkpoint, None before the first."""
    return session.scalar(select(TrailCheckpoint).order_by(TrailCheckpoint.number.desc()).limit(1))


def waiting_since(session: Session) -> datetime | None:
    """Return of when the oldest entry is that no seal has come to yet; None if all have one."""
    before = newest(session)
    waiting = _unsealed(None if before is None else before.horizon)
    oldest: datetime | None = session.scalar(waiting.with_only_columns(TrailEntry.at).limit(1))
    return oldest


def _unsealed(since: datetime | None) -> Any:  # a Select of entries
    sealed = exists().where(TrailSeal.entry_id == TrailEntry.id)
    found = select(TrailEntry).where(~sealed).order_by(TrailEntry.id)
    if since is not None:
        found = found.where(TrailEntry.id >= first_id_at(since))
    return found


def _end(session: Session) -> tuple[int, bytes]:
    last = session.execute(
        select(TrailSeal.position, TrailSeal.hash).order_by(TrailSeal.position.desc()).limit(1)
    ).one_or_none()
    return (0, FIRST) if last is None else (last.position, last.hash)


def form(entry: Any) -> Json:  # a Row or a model: both have these names
    """Return an entry as JSON: what is hashed, and what a copy holds."""
    return {
        "id": str(entry.id),
        "at": _moment(entry.at),
        "event": entry.event,
        "actor": None if entry.actor is None else str(entry.actor),
        "subject": None if entry.subject is None else str(entry.subject),
        "detail": dict(entry.detail),
    }


def statement(checkpoint: Any, before: TrailCheckpoint | None) -> Json:
    """Return what a checkpoint of the trail says; `before` is the one it builds on."""
    value = checkpoint.__getitem__ if isinstance(checkpoint, dict) else checkpoint.__getattribute__
    return {
        "format": FORMAT,
        "number": value("number"),
        "at": _moment(value("at")),
        "horizon": _moment(value("horizon")),
        "position": value("position"),
        "hash": value("hash").hex(),
        "before": None if before is None else fingerprint(before.signed),
    }


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")
