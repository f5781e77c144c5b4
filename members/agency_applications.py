"""Let an agency see how far the applications that came by its website have come (2(8)1)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.errors import NotFound
from kernel.ids import typed_code
from members.application_models import Application, ApplicationEvent, State

LONGEST = 64  # characters of a receipt's number as typed


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far one application has come; for which reason only the applicant reads."""

    number: str
    state: State
    submitted_at: datetime
    changed_at: datetime
    clause: str  # of the last step


def get(session: Session, number: str, *, agency_id: UUID) -> Progress:
    """Return how far an application of this agency is. Raises NotFound for another's."""
    found = session.scalar(
        select(Application).where(
            Application.number == typed_code(number[:LONGEST]), Application.agency_id == agency_id
        )
    )
    if found is None:
        raise NotFound("application.not_found")
    clause = session.scalar(
        select(ApplicationEvent.clause)
        .where(ApplicationEvent.application_id == found.id)
        .order_by(ApplicationEvent.id.desc())
        .limit(1)
    )
    return Progress(
        number=found.number,
        state=found.state,
        submitted_at=found.submitted_at,
        changed_at=found.waiting_since,
        clause=clause or "",
    )
