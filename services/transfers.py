"""Hand services on when their agency is no more: to its successor, or to nobody (2(1), 10-II)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, or_, select, update
from sqlalchemy.orm import Session

from clients.models import Organisation
from services import closures
from services.consolidation_models import Batch, Conflict, Resolution, Stream
from services.inventory_models import IdentitySystem
from services.models import Service
from services.petition_models import Petition
from services.publication_models import ContentItem
from services.sanction_models import Sanction

KEPT = (Service, IdentitySystem, ContentItem, Batch)  # whatever became of each of them


@dataclass(frozen=True, kw_only=True)
class HandedOver:
    """What another house goes on with, services by their codes and open cases; what closed.

    Conflicts are handed over, or closed with their services.
    """

    services: Sequence[str]
    closed: Sequence[Service]
    petitions: Sequence[Petition]
    sanctions: Sequence[Sanction]
    conflicts: Sequence[Conflict]


def hand_over(
    session: Session, organisation_id: UUID, *, to: UUID | None, now: datetime
) -> HandedOver:
    """Give every service to another agency, closed ones too; close them where there is none.

    What was noted stands, under who noted it; from now on the other agency writes. It decides the
    open petitions and conflicts, may undo the batches, answers for the logins and cards in the
    inventory and keeps the public texts. What it sends in itself needs a stream of its own. It may
    lift the sanctions; without it the Bureau may lift those. Checks are whose the service is.
    """
    theirs = Service.organisation_id == organisation_id
    codes = session.scalars(select(Service.code).where(theirs).order_by(Service.code)).all()
    closed: Sequence[Service] = []
    if to is None:
        closed = closures.close(session, theirs, now=now)
    else:
        for kept in KEPT:
            change = update(kept).where(kept.organisation_id == organisation_id)
            session.execute(
                change.values(organisation_id=to).execution_options(synchronize_session="fetch")
            )
    _end_streams(session, organisation_id, now=now)
    return HandedOver(
        services=codes,
        closed=closed,
        petitions=[] if to is None else _petitions(session, organisation_id, to=to),
        sanctions=_sanctions(session, organisation_id, to=to, now=now),
        conflicts=_conflicts(session, organisation_id, to=to, now=now),
    )


def left_behind(session: Session, *, now: datetime) -> Sequence[Organisation]:
    """Return the agencies that are no more and of which something was not handed over yet.

    The hand-over leaves nothing; this is for those of before it did so much. What is kept whatever
    became of it stays with an agency that nobody followed, or whose successors all ended.
    """
    followed = Organisation.id.in_(_with_somebody_left())
    left = (
        exists().where(Conflict.organisation_id == Organisation.id, Conflict.resolved_at.is_(None)),
        exists().where(Stream.organisation_id == Organisation.id, Stream.ended_at.is_(None)),
        exists().where(Sanction.organisation_id == Organisation.id, *_is_open(now)),
        exists().where(Service.organisation_id == Organisation.id, Service.closed_at.is_(None)),
        *(followed & exists().where(kept.organisation_id == Organisation.id) for kept in KEPT),
    )
    ended = select(Organisation).where(Organisation.ended_at.is_not(None), or_(*left))
    return session.scalars(ended.order_by(Organisation.id)).all()


def _with_somebody_left() -> Select[UUID]:
    """Return the agencies there are, and those before them in the chains that lead to one."""
    chain = select(Organisation.id).where(Organisation.ended_at.is_(None)).cte(recursive=True)
    before = select(Organisation.id).where(Organisation.successor_id == chain.c.id)
    return select(chain.union(before).c.id)


def _is_open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return whether a sanction may still be lifted."""
    return Sanction.ended_at.is_(None), Sanction.ends_at.is_(None) | (Sanction.ends_at > now)


def _end_streams(session: Session, organisation_id: UUID, *, now: datetime) -> None:
    session.execute(
        update(Stream)
        .where(Stream.organisation_id == organisation_id, Stream.ended_at.is_(None))
        .values(ended_at=now)
        .execution_options(synchronize_session="fetch")
    )


def _conflicts(
    session: Session, organisation_id: UUID, *, to: UUID | None, now: datetime
) -> Sequence[Conflict]:
    """Hand open conflicts over; without a successor both words stand, and none becomes a "no"."""
    both = {"resolution": Resolution.BOTH, "resolved_at": now}
    moved = (
        update(Conflict)
        .where(Conflict.organisation_id == organisation_id, Conflict.resolved_at.is_(None))
        .values(both if to is None else {"organisation_id": to})
        .returning(Conflict)
    )
    return session.scalars(moved.execution_options(populate_existing=True)).all()


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
        .where(Sanction.organisation_id == organisation_id, *_is_open(now))
        .values(organisation_id=to)
        .returning(Sanction)
    )
    return session.scalars(moved.execution_options(populate_existing=True)).all()
