"""Keep the rounds of the nightly check, its seals, and its findings."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from kernel.clock import taipei_day
from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from kernel.lines import printable
from members.models import Member
from members.record_models import Discrepancy, RecordCheck, RecordFinding, RecordSeal

LONGEST = 200


def begin(session: Session, *, now: datetime) -> RecordCheck | None:
    """Begin the round of this day in Taipei; None if it was begun already."""
    check_id = new_id()
    values = {"id": check_id, "day": taipei_day(now), "started_at": now, "seen": 0, "found": 0}
    if not insert_once(session, RecordCheck, values):
        return None
    return session.get_one(RecordCheck, check_id)


def was_begun(session: Session, day: date) -> bool:
    """Say whether the round of a day was begun."""
    return session.scalar(select(RecordCheck.id).where(RecordCheck.day == day)) is not None


def some_after(session: Session, after: UUID | None, *, most: int) -> Sequence[UUID]:
    """Return the next members by id, those who were erased included."""
    statement = select(Member.id).order_by(Member.id).limit(most)
    if after is not None:
        statement = statement.where(Member.id > after)
    return session.scalars(statement).all()


def advance(
    check: RecordCheck, ids: Sequence[UUID], *, found: int, is_last: bool, now: datetime
) -> None:
    """Note how far a round came, whose row the caller has locked."""
    check.after = ids[-1] if ids else check.after
    check.seen += len(ids)
    check.found += found
    check.finished_at = now if is_last else None


def earlier(session: Session, check: RecordCheck) -> datetime | None:
    """Return when the last finished round before this one began; None before the second."""
    return session.scalar(
        select(func.max(RecordCheck.started_at)).where(
            RecordCheck.finished_at.is_not(None), RecordCheck.started_at < check.started_at
        )
    )


def rounds(session: Session, *, most: int) -> Sequence[RecordCheck]:
    """Return the last rounds, the newest first."""
    return session.scalars(select(RecordCheck).order_by(RecordCheck.day.desc()).limit(most)).all()


def seal(
    session: Session, member_id: UUID, former: RecordSeal | None, *, until: datetime, mac: bytes
) -> None:
    """Keep the seal over a member's past, in the place of the former one."""
    if former is None:
        session.add(RecordSeal(member_id=member_id, until=until, mac=mac))
    elif former.mac != mac:  # a past that did not grow is not written again
        former.until, former.mac = until, mac


def report(
    session: Session, member_id: UUID, what: Discrepancy, subject: str, *, now: datetime
) -> bool:
    """Note a discrepancy; False if it is open already, from a night before."""
    values = {
        "id": new_id(),
        "member_id": member_id,
        "what": what,
        "subject": subject[:64],
        "found_at": now,
    }
    return insert_once(session, RecordFinding, values)


def open_findings(session: Session, *, most: int = 100) -> Sequence[RecordFinding]:
    """Return what nobody has explained yet, the oldest first."""
    return session.scalars(
        select(RecordFinding)
        .where(RecordFinding.closed_at.is_(None))
        .order_by(RecordFinding.id)
        .limit(most)
    ).all()


def waiting(session: Session) -> int:
    """Return how many findings nobody has explained."""
    statement = select(func.count()).where(RecordFinding.closed_at.is_(None))
    return session.scalar(statement) or 0


def explain(
    session: Session, finding_id: UUID, explanation: str, *, by: UUID, now: datetime
) -> RecordFinding:
    """Close a finding with what it was; the next night reports it again if it is still there.

    Raises NotFound, also for one that is closed; Refused `finding.unexplained` or
    `case.self_dealing` for a finding about the officer's own record.
    """
    words = printable(explanation).strip()[:LONGEST]
    if not words:
        raise Refused("finding.unexplained")
    finding = session.get(RecordFinding, finding_id)
    if finding is not None and finding.member_id == by:
        raise Refused("case.self_dealing")
    closed = session.execute(
        update(RecordFinding)
        .where(RecordFinding.id == finding_id, RecordFinding.closed_at.is_(None))
        .values(closed_at=now, closed_by=by, explanation=words)
        .execution_options(synchronize_session="fetch")
    )
    if finding is None or not changed(closed):
        raise NotFound("finding.not_found")
    return finding
