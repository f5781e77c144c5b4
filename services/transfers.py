"""Hand services on when their agency is no more: to its successor, or to nobody (2(1), 10-II)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services.models import Service, ServiceState


def hand_over(
    session: Session, organisation_id: UUID, *, to: UUID | None, now: datetime
) -> Sequence[str]:
    """Give every service to another agency, closed ones too; close them where there is none.

    What was noted stands, under who noted it; from now on the other agency writes. Returns the
    codes.
    """
    theirs = Service.organisation_id == organisation_id
    codes = session.scalars(select(Service.code).where(theirs).order_by(Service.code)).all()
    if to is None:
        change = (
            update(Service)
            .where(theirs, Service.closed_at.is_(None))
            .values(state=ServiceState.CLOSED, closed_at=now)
        )
    else:
        change = update(Service).where(theirs).values(organisation_id=to)
    session.execute(change.execution_options(synchronize_session="fetch"))
    return codes
