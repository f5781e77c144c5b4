"""Count what waits in audits: for the auditor, for an agency, and what nobody did in time (9)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from audit.audit_models import Audit, AuditFinding, AuditRequest, AuditState
from kernel.clock import taipei_day

_OPEN_ACTION = (
    Audit.state == AuditState.ACTION,
    AuditFinding.due_on.is_not(None),
    AuditFinding.verified_at.is_(None),
)


@dataclass(frozen=True)
class Late:
    """What nobody did in time: requests without an answer, and actions past their day."""

    requests: int
    actions: int

    @property
    def total(self) -> int:
        """Return how many there are."""
        return self.requests + self.actions


def for_auditor(session: Session, *, now: datetime) -> int:
    """Return how many requests went unanswered and how many actions wait to be verified."""
    done = _count_actions(session, AuditFinding.done_at.is_not(None))
    return late(session, now=now).requests + done


def for_agency(session: Session, organisation_id: UUID, *, now: datetime) -> int:
    """Return how many requests and actions wait for the agency."""
    its = Audit.organisation_id == organisation_id
    asked = _count_requests(session, its, AuditRequest.due_at > now)
    return asked + _count_actions(session, its, AuditFinding.done_at.is_(None))


def late(session: Session, *, now: datetime) -> Late:
    """Return what was not done in time, in every audit that is not closed."""
    return Late(
        _count_requests(session, AuditRequest.due_at <= now),
        _count_actions(
            session, AuditFinding.done_at.is_(None), AuditFinding.due_on < taipei_day(now)
        ),
    )


def _count_requests(session: Session, *more: ColumnElement[bool]) -> int:
    statement = (
        select(func.count())
        .select_from(AuditRequest)
        .join(Audit, Audit.id == AuditRequest.audit_id)
        .where(AuditRequest.answered_at.is_(None), Audit.closed_at.is_(None), *more)
    )
    return session.scalar(statement) or 0


def _count_actions(session: Session, *more: ColumnElement[bool]) -> int:
    statement = (
        select(func.count())
        .select_from(AuditFinding)
        .join(Audit, Audit.id == AuditFinding.audit_id)
        .where(*_OPEN_ACTION, *more)
    )
    return session.scalar(statement) or 0
