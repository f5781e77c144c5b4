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
from services.models import Activation, ActivationNote, Service
from services.suspensions import Act


def hold(session: Session, note: ActivationNote, *, by: UUID) -> Finding | None:
    """Return the finding on which a note is suspended, both kept from others until the end.

    Raises Refused `appeal.second_person` for who had a part in it: they neither give back nor say
    that it stands (docs/decisions/0129).
    """
    mine = select(ActivationNote).where(ActivationNote.id == note.id)
    held = session.scalar(  # first, as whoever decides a petition does
        mine.with_for_update().execution_options(populate_existing=True)
    )
    if held is None or held.state is not Activation.SUSPENDED:
        return None
    upon = select(Finding).where(
        Finding.reference == held.reference, Finding.member_id == held.member_id
    )
    finding = session.scalar(upon.with_for_update())
    if finding is not None and by in {finding.found_by, finding.decided_by}:
        raise Refused("appeal.second_person")
    return finding


def restore(
    session: Session, finding: Finding, service: Service, reference: str, *, by: UUID, now: datetime
) -> None:
    """Let the finding that `hold` returned stand no more.

    `reference` is the number of the dispute. Raises Refused `case.wrong_state`.
    """
    act = Act(member_id=finding.member_id, service=service, actor=by, reference=reference)
    as_of, upon = taipei_day(finding.decided_at or now), finding.reference
    if not suspensions.restore(session, act, upon=upon, as_of=as_of, now=now):
        raise Refused("case.wrong_state")
    finding.restored_at = now
    session.flush()
