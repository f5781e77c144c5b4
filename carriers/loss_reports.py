"""Keep losses that were reported without signing in: their member may say that nothing is lost.

A loss reported by its member stays (0033); one that somebody reported who only knew
a little about the member can be taken back, by showing more than a password (docs/decisions/0054).
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from carriers import bindings
from carriers.models import Binding, LossReport, Suspension
from kernel.db import changed
from kernel.errors import Refused

_OPEN = LossReport.settled_at.is_(None)


def report(session: Session, member_id: UUID, *, now: datetime) -> Sequence[Binding]:
    """Refuse everything the member can show, from now on; return what was usable until now."""
    taken = [each for each in bindings.live(session, member_id) if each.is_usable]
    done = [
        each
        for each in taken
        if bindings.suspend(session, each, Suspension.LOST, actor=None, now=now)
    ]
    for binding in done:
        session.add(LossReport(binding_id=binding.id, member_id=member_id, reported_at=now))
    session.flush()
    return done


def open_of(session: Session, member_id: UUID) -> dict[UUID, datetime]:
    """Return the member's carriers whose loss can be taken back, and when it was reported."""
    found = select(LossReport.binding_id, LossReport.reported_at).where(
        LossReport.member_id == member_id, _OPEN
    )
    return {row.binding_id: row.reported_at for row in session.execute(found)}


def confirm(session: Session, binding: Binding, *, now: datetime) -> bool:
    """Let the loss stand for good; False if nobody had reported it without signing in."""
    return _settle(session, binding, was_lost=True, now=now)


def take_back(session: Session, binding: Binding, *, now: datetime) -> None:
    """Let the carrier work again. Raises Refused `carrier.reported_lost` if it was really lost."""
    if not _settle(session, binding, was_lost=False, now=now):
        raise Refused("carrier.reported_lost")
    bindings.resume(session, binding, actor=binding.member_id, now=now)


def _settle(session: Session, binding: Binding, *, was_lost: bool, now: datetime) -> bool:
    done = session.execute(
        update(LossReport)
        .where(LossReport.binding_id == binding.id, _OPEN)
        .values(settled_at=now, was_lost=was_lost)
    )
    return bool(changed(done))
