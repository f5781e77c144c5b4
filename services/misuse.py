"""Keep a member's “that was not me” where somebody of the Bureau looks into it (6(1))."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from kernel.db import changed
from kernel.errors import NotFound, Refused
from kernel.ids import new_reference
from services.sanction_models import MisuseReport

LONGEST_DOCUMENT = 64


def report(
    session: Session, member_id: UUID, *, line_id: UUID, kind: str, now: datetime
) -> MisuseReport:
    """Take a report in, about one line of the member's footprint."""
    row = MisuseReport(
        reference=new_reference(), member_id=member_id, line_id=line_id, kind=kind, reported_at=now
    )
    session.add(row)
    session.flush()
    return row


def of_member(session: Session, member_id: UUID) -> Sequence[MisuseReport]:
    """Return what the member reported, the oldest first."""
    return session.scalars(
        select(MisuseReport).where(MisuseReport.member_id == member_id).order_by(MisuseReport.id)
    ).all()


def waiting(session: Session, *, most: int) -> Sequence[MisuseReport]:
    """Return what nobody looked into yet, the oldest first."""
    return session.scalars(
        select(MisuseReport)
        .where(MisuseReport.closed_at.is_(None))
        .order_by(MisuseReport.reported_at)
        .limit(most)
    ).all()


def count(session: Session) -> int:
    """Return how many reports wait."""
    open_ones = select(func.count(MisuseReport.id)).where(MisuseReport.closed_at.is_(None))
    return session.scalar(open_ones) or 0


def close(
    session: Session, reference: str, document: str, *, by: UUID, now: datetime
) -> MisuseReport:
    """Note in which file a report was looked into.

    Raises NotFound; Refused `sanction.incomplete`, `case.self_dealing` or `case.wrong_state`.
    """
    row = None
    if reference.isascii() and reference.isalnum():
        where = MisuseReport.reference == reference.upper()
        row = session.scalar(select(MisuseReport).where(where))
    if row is None:
        raise NotFound("sanction.not_found")
    if not document.strip():
        raise Refused("sanction.incomplete")
    if by == row.member_id:
        raise Refused("case.self_dealing")
    closed = session.execute(
        update(MisuseReport)
        .where(MisuseReport.id == row.id, MisuseReport.closed_at.is_(None))
        .values(closed_at=now, closed_by=by, document=document.strip()[:LONGEST_DOCUMENT])
        .execution_options(synchronize_session="fetch")
    )
    if changed(closed) != 1:
        raise Refused("case.wrong_state")
    return row
