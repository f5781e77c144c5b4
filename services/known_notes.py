"""Read what agencies' notes say of a member for certain: undisputed, announced, not barred.

What is not among them is unknown, and unknown is never no (10-II).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from kernel.db import Moment
from services import sanctions
from services.models import Activation, ActivationNote, Service

_NOTES = (
    select(Service.code, ActivationNote.state)
    .join(Service, Service.id == ActivationNote.service_id)
    .where(
        ActivationNote.member_id == bindparam("member_id"),
        ActivationNote.disputed_at.is_(None),
        ActivationNote.unannounced.is_(False),
        ~sanctions.bars(ActivationNote.member_id, Service.id, bindparam("now", type_=Moment())),
    )
)


def of_member(session: Session, member_id: UUID, *, now: datetime) -> dict[str, bool]:
    """Return by service whether it is activated; in one statement."""
    rows = session.connection().execute(_NOTES, {"member_id": member_id, "now": now})
    return {code: state is Activation.ACTIVATED for code, state in rows}
