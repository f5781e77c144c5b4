"""Number what belongs to an audit, in order, and find it by its number: requests and findings."""

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit.audit_models import Audit, AuditFinding, AuditRequest
from kernel.errors import NotFound

Row = TypeVar("Row", AuditRequest, AuditFinding)


def following(session: Session, kind: type[Row], audit: Audit) -> int:
    """Return the next number; the table lets one of two at once have it."""
    last = select(func.coalesce(func.max(kind.number), 0)).where(kind.audit_id == audit.id)
    return 1 + (session.scalar(last) or 0)


def of_audit(session: Session, kind: type[Row], audit: Audit) -> Sequence[Row]:
    """Return all of an audit, in order."""
    mine = select(kind).where(kind.audit_id == audit.id)
    return session.scalars(mine.order_by(kind.number)).all()


def get(session: Session, kind: type[Row], audit: Audit, number: int) -> Row:
    """Return one of an audit. Raises NotFound."""
    found = session.scalar(select(kind).where(kind.audit_id == audit.id, kind.number == number))
    if found is None:
        raise NotFound("audit.not_found")
    return found
