"""What follows each step of a sanction: a line, a notice, the trail (6(1))."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from audit import trail
from audit.lines import Kind
from services.sanction_models import Sanction
from web import suspending
from web.mails import Mail

REPORTED = (Kind.SANCTION_REPORTED, Mail.SANCTION_HEARING)
DETERMINED = (Kind.SANCTION_DETERMINED, Mail.SANCTION_DETERMINED)
ENDED = (Kind.SANCTION_ENDED, Mail.SANCTION_ENDED)


def moved(
    session: Session,
    sanction: Sanction,
    step: tuple[Kind, Mail],
    *,
    by: UUID,
    now: datetime,
) -> None:
    """Tell the member, in this very transaction."""
    kind, words = step
    suspending.tell(
        session,
        kind,
        words,
        member_id=sanction.member_id,
        reference=sanction.reference,
        now=now,
    )
    trail.record(
        session,
        kind.value,
        actor=by,
        subject=sanction.member_id,
        now=now,
        reference=sanction.reference,
        clause=sanction.clause,
    )
