"""Find applications: by a receipt, by the member one made, by who has to do something (4.1).

`application_intake` takes them in, `application_guardians` asks who acts for the applicant,
`application_decisions` decides, `application_endings` ends what nobody decides.

counter_confirming → review_queue → approved | rejected, with returned_for_correction between and
withdrawn or lapsed beside.
"""

from collections.abc import Sequence
from datetime import datetime
from hmac import compare_digest
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from kernel.ids import digest, typed_code
from members.application_models import Application, State

NOBODYS = bytes(32)  # the hash of no secret


def track(session: Session, number: str, secret: str, *, now: datetime) -> Application | None:
    """Return the application of a receipt; a stranger is answered in the same time."""
    del now  # a receipt is good as long as its application is kept
    found = session.scalar(select(Application).where(Application.number == typed_code(number)))
    kept = NOBODYS if found is None else found.secret_hash
    return found if compare_digest(kept, digest(typed_code(secret))) else None


def of_member(session: Session, member_id: UUID) -> Sequence[Application]:
    """Return the applications by which the member became one, the oldest first."""
    return session.scalars(
        select(Application).where(Application.member_id == member_id).order_by(Application.id)
    ).all()


def waiting_for_confirmation(
    session: Session, *, counter_id: UUID | None = None, most: int = 50, skip: int = 0
) -> Sequence[Application]:
    """Return what this counter, or any, has to confirm, the oldest first; the very new is all's."""
    found = _waiting(State.CONFIRMING)
    if counter_id is not None:
        found = found.where(
            or_(Application.assigned_to == counter_id, Application.assigned_to.is_(None))
        )
    return session.scalars(found.limit(most).offset(skip)).all()


def waiting_for_review(session: Session, *, most: int = 50, skip: int = 0) -> Sequence[Application]:
    """Return what the Bureau has to decide, the oldest first."""
    return session.scalars(_waiting(State.REVIEW).limit(most).offset(skip)).all()


def _waiting(state: State) -> Select[Application]:
    return (
        select(Application)
        .where(Application.state == state, Application.closed_at.is_(None))
        .order_by(Application.submitted_at, Application.id)
    )
