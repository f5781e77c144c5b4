"""Say which suspensions a member may petition against now, for who lost the letter (6(3))."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from clients.models import Organisation
from services.eligibility_models import CheckRun, Finding, FindingState
from services.models import Service
from services.petition_models import Petition


def of_member(session: Session, member_id: UUID) -> Sequence[Finding]:
    """Return what suspended, was not given back and has no open petition, the newest first.

    Of an agency that is no more, and that nobody followed, there is nobody to decide.
    """
    is_heard = exists().where(Petition.finding_id == Finding.id, Petition.closed_at.is_(None))
    is_decided_by_somebody = exists().where(
        CheckRun.id == Finding.run_id,
        Service.id == CheckRun.service_id,
        Organisation.id == Service.organisation_id,
        Organisation.ended_at.is_(None),
    )
    return session.scalars(
        select(Finding)
        .where(
            Finding.member_id == member_id,
            Finding.state == FindingState.CONFIRMED,
            Finding.restored_at.is_(None),
            ~is_heard,
            is_decided_by_somebody,
        )
        .order_by(Finding.id.desc())
    ).all()
