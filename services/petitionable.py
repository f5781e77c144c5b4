"""Say which suspensions a member may petition against now, for who lost the letter (6(3))."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from services.eligibility_models import Finding, FindingState
from services.petition_models import Petition


def of_member(session: Session, member_id: UUID) -> Sequence[Finding]:
    """Return what suspended, was not given back and has no open petition, the newest first."""
    is_heard = exists().where(Petition.finding_id == Finding.id, Petition.closed_at.is_(None))
    return session.scalars(
        select(Finding)
        .where(
            Finding.member_id == member_id,
            Finding.state == FindingState.CONFIRMED,
            Finding.restored_at.is_(None),
            ~is_heard,
        )
        .order_by(Finding.id.desc())
    ).all()
