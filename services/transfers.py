"""Hand services on when their agency is no more: to its successor, or to nobody (2(1), 10-II)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services.models import Service, ServiceState
from services.petition_models import Petition
from services.sanction_models import Sanction


@dataclass(frozen=True, kw_only=True)
class HandedOver:
    """What another house goes on with: services by their codes, and open cases."""

    services: Sequence[str]
    petitions: Sequence[Petition]
    sanctions: Sequence[Sanction]


def hand_over(
    session: Session, organisation_id: UUID, *, to: UUID | None, now: datetime
) -> HandedOver:
    """Give every service to another agency, closed ones too; close them where there is none.

    What was noted stands, under who noted it; from now on the other agency writes. It decides the
    open petitions and may lift the sanctions; without it the Bureau may lift those. Checks are
    whose the service is.
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
    return HandedOver(
        services=codes,
        petitions=[] if to is None else _petitions(session, organisation_id, to=to),
        sanctions=_sanctions(session, organisation_id, to=to, now=now),
    )


def _petitions(session: Session, organisation_id: UUID, *, to: UUID) -> Sequence[Petition]:
    moved = (
        update(Petition)
        .where(Petition.organisation_id == organisation_id, Petition.closed_at.is_(None))
        .values(organisation_id=to)
        .returning(Petition)
    )
    return session.scalars(moved.execution_options(populate_existing=True)).all()


def _sanctions(
    session: Session, organisation_id: UUID, *, to: UUID | None, now: datetime
) -> Sequence[Sanction]:
    moved = (
        update(Sanction)
        .where(
            Sanction.organisation_id == organisation_id,
            Sanction.ended_at.is_(None),
            Sanction.ends_at.is_(None) | (Sanction.ends_at > now),
        )
        .values(organisation_id=to)
        .returning(Sanction)
    )
    return session.scalars(moved.execution_options(populate_existing=True)).all()
