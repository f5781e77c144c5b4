"""Give back a service that was suspended by mistake, when its note is settled (10-II, AT10-II(d)).

The correction reaches back to the day of the suspension: there was never a gap.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.clock import taipei_day
from kernel.errors import Refused
from services import suspensions
from services.eligibility_models import Finding
from services.models import ActivationNote, Service
from services.suspensions import Act


def find(session: Session, note: ActivationNote) -> Finding | None:
    """Return the finding on which a note is suspended, kept from others until the end."""
    upon = select(Finding).where(
        Finding.reference == note.reference, Finding.member_id == note.member_id
    )
    return session.scalar(upon.with_for_update())


def restore(
    session: Session, finding: Finding, service: Service, reference: str, *, by: UUID, now: datetime
) -> None:
    """Let the finding stand no more, as somebody who had no part in it (docs/decisions/0129).

    `reference` is the number of the dispute. Raises Refused `appeal.second_person` or
    `case.wrong_state`.
    """
    if by in {finding.found_by, finding.decided_by}:
        raise Refused("appeal.second_person")
    act = Act(member_id=finding.member_id, service=service, actor=by, reference=reference)
    as_of, upon = taipei_day(finding.decided_at or now), finding.reference
    if not suspensions.restore(session, act, upon=upon, as_of=as_of, now=now):
        raise Refused("case.wrong_state")
    finding.restored_at = now
    session.flush()
