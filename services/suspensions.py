"""Suspend a service for one member upon a verified finding, and give it back (6(3), 10-II).

The only door by which a note is suspended. It keeps the day since when the service was open: what
is restored as from the day of the suspension was never interrupted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, update
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
    before = ActivationNote.state == Activation.ACTIVATED
    return _turn(session, act, before, Activation.SUSPENDED, as_of=taipei_day(now), now=now)


def restore(session: Session, act: Act, *, upon: str, as_of: date, now: datetime) -> bool:
    """Give the service back with effect from a day; False where this finding does not suspend it.

    `upon` is the number of the finding: what another one suspended later stays suspended.
    """
    before = (ActivationNote.state == Activation.SUSPENDED) & (ActivationNote.reference == upon)
    return _turn(session, act, before, Activation.ACTIVATED, as_of=as_of, now=now)


def close_gap(session: Session, act: Act, *, since: date, now: datetime) -> bool:
    """Write that the service was open from a day until it was given back in another way.

    The note keeps saying what it says now. False where no such gap begins on that day.
    """
    held = _note_of(act).with_for_update().execution_options(populate_existing=True)
    note = session.scalar(held)
    known = periods(session, act.member_id, act.service.id)
    if note is None or not any(each.until == since for each in known[:-1]):
        return False
    first, second = sorted((new_id(), new_id()))  # the last word is the note's
    given_back = _event(act, Activation.ACTIVATED, as_of=since, now=now, key=first)
    as_before = _event(act, note.state, as_of=note.as_of, now=now, key=second)
    for name in ("source_id", "channel", "actor", "reference"):
        setattr(as_before, name, getattr(note, name))
    session.add_all((given_back, as_before))
    session.flush()
    began = periods(session, act.member_id, act.service.id)[-1].since
    note.since = min(began, note.since or began)
    session.flush()
    return True


def is_open_upon(session: Session, member_id: UUID, reference: str) -> bool:
    """Say whether a service of a member is open on the strength of this very decision."""
    mine = select(ActivationNote.id).where(
        ActivationNote.member_id == member_id,
        ActivationNote.state == Activation.ACTIVATED,
        ActivationNote.reference == reference,
    )
    return session.scalar(mine) is not None


def _note_of(act: Act) -> Select[ActivationNote]:
    return select(ActivationNote).where(
        ActivationNote.member_id == act.member_id, ActivationNote.service_id == act.service.id
    )


def _turn(
    session: Session,
    act: Act,
    before: ColumnElement[bool],
    after: Activation,
    *,
    as_of: date,
    now: datetime,
) -> bool:
    moved = session.execute(
        update(ActivationNote)
        .where(
            ActivationNote.member_id == act.member_id,
            ActivationNote.service_id == act.service.id,
            before,
        )
        .values(state=after, as_of=as_of, noted_at=now, **_provenance(act))
        .execution_options(synchronize_session="fetch")
    )
    if changed(moved) != 1:
        return False
    session.add(_event(act, after, as_of=as_of, now=now, key=new_id()))
    session.flush()
    return True


def _event(
    act: Act, state: Activation, *, as_of: date, now: datetime, key: UUID
) -> ActivationEvent:
    return ActivationEvent(
        id=key,
        at=now,
        member_id=act.member_id,
        service_id=act.service.id,
        source_id=act.service.organisation_id,
        happening=Happening.NOTED,
        state=state,
        as_of=as_of,
        **_provenance(act),
    )


def _provenance(act: Act) -> dict[str, Any]:  # columns of several types
    return {"channel": Channel.KEYED, "actor": str(act.actor), "reference": act.reference}


@dataclass(frozen=True)
class Period:
    """A time in which a member was entitled, to the agency's knowledge; open where it lasts."""

    since: date
    until: date | None


def history(session: Session, member_id: UUID) -> Sequence[tuple[ActivationEvent, Service]]:
    """Return everything that happened to a member's notes, the oldest first."""
    rows = session.execute(
        select(ActivationEvent, Service)
        .join(Service, Service.id == ActivationEvent.service_id)
        .where(ActivationEvent.member_id == member_id)
        .order_by(ActivationEvent.id)
    )
    return [(row[0], row[1]) for row in rows]


def periods(session: Session, member_id: UUID, service_id: UUID) -> list[Period]:
    """Return when the service was open, as it stands after every correction.

    What was given back with effect from the day it was taken leaves no gap (10-II), also if other
    periods followed.
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
        elif event.as_of < found[-1].since:
            found = _joined(found, event.as_of)
        else:
            found[-1] = Period(found[-1].since, None)
    return found


def _joined(found: list[Period], since: date) -> list[Period]:
    """Let there be no gap after a day; what comes last keeps its end."""
    before = [each for each in found if _leaves_a_gap(each, since)]
    return [*before, Period(min(since, found[len(before)].since), found[-1].until)]


def _leaves_a_gap(last: Period, since: date) -> bool:
    return last.until is not None and last.until < since
