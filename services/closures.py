"""Close services: whoever ends one, its datum leaves no more, and what was noted stands (10-II)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, update
from sqlalchemy.orm import Session

from clients.models import PurposeClaim
from services.models import Service, ServiceState


def close(session: Session, *which: ColumnElement[bool], now: datetime) -> Sequence[Service]:
    """Close those of the services that are open still, each once; take them off every purpose."""
    closed = session.scalars(
        update(Service)
        .where(Service.closed_at.is_(None), *which)
        .values(state=ServiceState.CLOSED, closed_at=now)
        .returning(Service)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).all()
    codes = [each.code for each in closed]
    if codes:
        session.execute(delete(PurposeClaim).where(PurposeClaim.claim.in_(codes)))
    return closed
