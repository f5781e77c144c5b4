"""Seal what was committed: link each line to its member's line before, sign the whole.

Run every minute by the worker, or by hand (`taipei-id ledger seal`), never by a sign-in. Two at
once do no harm: the number of the next checkpoint is taken by one of them only.
"""

import hashlib
import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, exists, func, insert, select, tuple_
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from audit import horizons, merkle
from audit.lines import FIRST, Line, link
from audit.models import LedgerCheckpoint, LedgerLine, LedgerSeal, TrailCheckpoint
from kernel.db import Json, Sessions, transaction
from kernel.ids import first_id_at

BATCH = 500  # lines a checkpoint; on SQLite everybody waits while they are sealed
FORMAT = "taipei-id/checkpoint/1"
TYP = "ledger-checkpoint+jwt"  # what the signature is for: it passes for no other token

Sign = Callable[[Json], str]
Check = Callable[[str], Json | None]  # what a checkpoint says if one of our keys signed it

_LINES = tuple(LedgerLine.__table__.columns)


class NotOurs(Exception):
    """No key of ours signed the last checkpoint: who goes on from it vouches for it."""


@dataclass(frozen=True)
class Signing:
    """How a checkpoint is signed as a compact JWS, and what may be gone on from.

    `check` knows every key that is still ours, `check_present` the one that signs now.
    """

    sign: Sign
    check: Check
    check_present: Check


@dataclass(frozen=True)
class _Head:
    position: int
    hash: bytes


def seal(
    make: Sessions,
    *,
    signing: Signing,
    now: datetime,
    batch: int = BATCH,
    rounds: int | None = None,
) -> int:
    """Seal every committed line, or `rounds` batches; return how many lines there were.

    Raises NotOurs if somebody else signed the last checkpoint.
    """
    return in_batches(
        make,
        lambda session: _seal_some(session, signing=signing, now=now, batch=batch),
        batch=batch,
        rounds=rounds,
    )


def in_batches(
    make: Sessions, work: Callable[[Session], int], *, batch: int, rounds: int | None
) -> int:
    """Let `work` seal batch after batch, each in a transaction of its own, until one is short."""
    total = 0
    for _ in itertools.repeat(None) if rounds is None else range(rounds):
        try:
            with transaction(make) as session:
                done = work(session)
        except IntegrityError:
            return total  # another sealer was quicker and has them all
        total += done
        if done < batch:
            break
    return total


def _seal_some(session: Session, *, signing: Signing, now: datetime, batch: int) -> int:
    before = newest(session)
    require_ours(before, signing)
    since = horizons.since(session, before, now=now)
    lines = [Line.of(row) for row in session.execute(_unsealed(since).limit(batch))]
    if not lines and is_by_present_key(before, signing):
        return 0
    number = 1 if before is None else before.number + 1
    seals = _linked(lines, _heads(session, {line.member_id for line in lines}), number)
    if seals:
        session.execute(insert(LedgerSeal), seals)
    session.execute(
        insert(LedgerCheckpoint),
        _checkpoint(
            before, number, lines, seals, sign=signing.sign, now=now, full=len(lines) == batch
        ),
    )
    return len(lines)


def require_ours(before: LedgerCheckpoint | TrailCheckpoint | None, signing: Signing) -> None:
    """Refuse to vouch for what somebody else signed. Raises NotOurs."""
    if before is not None and signing.check(before.signed) is None:
        name = f"{before.__tablename__} {before.number}"
        raise NotOurs(f"no key of ours signed {name}, {fingerprint(before.signed)}")


def is_by_present_key(before: LedgerCheckpoint | TrailCheckpoint | None, signing: Signing) -> bool:
    """Say whether the last checkpoint can wait for new lines.

    After a rotation it cannot: its key is forgotten in days, and then nothing could go on from it.
    So where nothing happened, the new key signs a checkpoint over nothing.
    """
    return before is None or signing.check_present(before.signed) is not None


def newest(session: Session) -> LedgerCheckpoint | None:
    """Return the last checkpoint, None before the first."""
    return session.scalar(
        select(LedgerCheckpoint).order_by(LedgerCheckpoint.number.desc()).limit(1)
    )


def waiting_since(session: Session) -> datetime | None:
    """Return of when the oldest line is that no seal has come to yet; None if all have one.

    Asked from where the last seal stopped, so it costs no look at what is sealed.
    """
    before = newest(session)
    waiting = _unsealed(None if before is None else before.horizon)
    oldest: datetime | None = session.scalar(waiting.with_only_columns(LedgerLine.at).limit(1))
    return oldest


def _unsealed(since: datetime | None) -> Any:  # a Select of the ledger's columns
    sealed = exists().where(LedgerSeal.line_id == LedgerLine.id)
    statement = select(*_LINES).where(~sealed).order_by(LedgerLine.id)
    if since is not None:
        statement = statement.where(LedgerLine.id >= first_id_at(since))
    return statement


def _heads(session: Session, members: Iterable[UUID]) -> dict[UUID, _Head]:
    """Return where the chain of each member ends."""
    ends = (
        select(LedgerSeal.member_id, func.max(LedgerSeal.position))
        .where(LedgerSeal.member_id.in_(members))
        .group_by(LedgerSeal.member_id)
    )
    rows = session.execute(
        select(LedgerSeal.member_id, LedgerSeal.position, LedgerSeal.hash).where(
            tuple_(LedgerSeal.member_id, LedgerSeal.position).in_(ends)
        )
    )
    return {row.member_id: _Head(row.position, row.hash) for row in rows}


def _linked(lines: Sequence[Line], heads: dict[UUID, _Head], number: int) -> list[dict[str, Any]]:
    seals = []
    for place, line in enumerate(lines):
        head = heads.get(line.member_id, _Head(0, FIRST))
        head = _Head(head.position + 1, link(head.hash, line.form()))
        heads[line.member_id] = head
        seals.append(
            {
                "line_id": line.id,
                "member_id": line.member_id,
                "position": head.position,
                "hash": head.hash,
                "checkpoint": number,
                "place": place,
            }
        )
    return seals


def _checkpoint(
    before: LedgerCheckpoint | None,
    number: int,
    lines: Sequence[Line],
    seals: Sequence[dict[str, Any]],
    *,
    sign: Sign,
    now: datetime,
    full: bool,
) -> dict[str, Any]:
    values = {
        "number": number,
        "at": now,
        "horizon": horizons.after(before, lines[-1].at if lines else now, now=now, full=full),
        "lines": len(lines),
        "root": merkle.root(seal["hash"] for seal in seals),
    }
    return {**values, "signed": sign(statement(values, before))}


def statement(checkpoint: Any, before: LedgerCheckpoint | Row[Any] | None) -> Json:
    """Return what a checkpoint says, in signed words; `before` is the one it builds on."""
    value = checkpoint.__getitem__ if isinstance(checkpoint, dict) else checkpoint.__getattribute__
    return {
        "format": FORMAT,
        "number": value("number"),
        "at": _moment(value("at")),
        "horizon": _moment(value("horizon")),
        "lines": value("lines"),
        "root": value("root").hex(),
        "before": None if before is None else fingerprint(before.signed),
    }


def fingerprint(signed: str) -> str:
    """Return the SHA-256 of a signed checkpoint: what the next one names it by."""
    return hashlib.sha256(signed.encode()).hexdigest()


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds")
