"""Suspend a service for one member upon a verified finding, and give it back (6(3), 10-II).

The only door by which a note is suspended. It keeps the day since when the service was open: what
is restored as from the day of the suspension was never interrupted.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from kernel.clock import taipei_day
from kernel.db import changed
from kernel.ids import new_id
from services.models import (
    Activation,
    ActivationEvent,
    ActivationNote,
    Channel,
    Happening,
    Service,
)


@dataclass(frozen=True, kw_only=True)
class Act:
    """Who suspends or restores whose service, and on which decision."""

    member_id: UUID
    service: Service
    actor: UUID
    reference: str  # of the finding, or of the petition


def suspend(session: Session, act: Act, *, now: datetime) -> bool:
    """Suspend what is activated; False where nothing is, and nothing was done."""
    today = taipei_day(now)
    return _turn(session, act, Activation.ACTIVATED, Activation.SUSPENDED, as_of=today, now=now)


def restore(session: Session, act: Act, *, as_of: date, now: datetime) -> bool:
    """Give the service back with effect from a day; False where it is not suspended."""
    return _turn(session, act, Activation.SUSPENDED, Activation.ACTIVATED, as_of=as_of, now=now)


def _turn(
    session: Session, act: Act, before: Activation, after: Activation, *, as_of: date, now: datetime
) -> bool:
    provenance = {
        "channel": Channel.KEYED,
        "actor": str(act.actor),
        "reference": act.reference,
    }
    moved = session.execute(
        update(ActivationNote)
        .where(
            ActivationNote.member_id == act.member_id,
            ActivationNote.service_id == act.service.id,
            ActivationNote.state == before,
        )
        .values(state=after, as_of=as_of, noted_at=now, **provenance)
        .execution_options(synchronize_session="fetch")
    )
    if changed(moved) != 1:
        return False
    session.add(
        ActivationEvent(
            id=new_id(),
            at=now,
            member_id=act.member_id,
            service_id=act.service.id,
            source_id=act.service.organisation_id,
            happening=Happening.NOTED,
            state=after,
            as_of=as_of,
            **provenance,
        )
    )
    session.flush()
    return True


@dataclass(frozen=True)
class Period:
    """A time in which a member was entitled, to the agency's knowledge; open where it lasts."""

    since: date
    until: date | None


def periods(session: Session, member_id: UUID, service_id: UUID) -> list[Period]:
    """Return when the service was open, as it stands after every correction.

    What was given back with effect from the day it was taken leaves no gap (10-II).
    """
    found: list[Period] = []
    rows = session.scalars(
        select(ActivationEvent)
        .where(
            ActivationEvent.member_id == member_id,
            ActivationEvent.service_id == service_id,
            ActivationEvent.happening.in_((Happening.NOTED, Happening.WITHDRAWN)),
        )
        .order_by(ActivationEvent.id)
    )
    for event in rows:
        if event.happening is Happening.WITHDRAWN:  # the only note there was, with its batch
            found.clear()
            continue
        is_open = bool(found) and found[-1].until is None
        if event.state is not Activation.ACTIVATED:
            if is_open:
                found[-1] = Period(found[-1].since, event.as_of)
        elif not found or _leaves_a_gap(found[-1], event.as_of):
            found.append(Period(event.as_of, None))
        else:
            found[-1] = Period(found[-1].since, None)
    return found


def _leaves_a_gap(last: Period, since: date) -> bool:
    return last.until is not None and last.until < since
