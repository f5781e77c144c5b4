"""Excuse a system from being integrated: asked with reasons, decided by DoIT, for a time (3-I)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from kernel import clock
from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from services.inventory_models import IdentitySystem, Integration, Waiver, WaiverState

LONGEST_REASON, LONGEST_NUMBER, LONGEST_DECISION = 1000, 100, 500  # characters


def request(
    session: Session,
    system: IdentitySystem,
    *,
    reason: str,
    document_number: str,
    until: date,
    by: UUID,
    now: datetime,
) -> Waiver:
    """Ask DoIT to excuse a system, or to go on excusing it.

    Raises Refused `publish.document_no_missing`, `waiver.incomplete`, `waiver.already_requested`.
    """
    number = document_number.strip()
    if not number or len(number) > LONGEST_NUMBER:
        raise Refused("publish.document_no_missing")
    if not 0 < len(reason.strip()) <= LONGEST_REASON or until <= clock.taipei_day(now):
        raise Refused("waiver.incomplete")
    waiver_id = new_id()
    values = {
        "id": waiver_id,
        "system_id": system.id,
        "reason": reason.strip(),
        "document_number": number,
        "asked_until": until,
        "requested_by": by,
        "requested_at": now,
        "state": WaiverState.REQUESTED,
    }
    if not insert_once(session, Waiver, values):
        raise Refused("waiver.already_requested")
    return session.get_one(Waiver, waiver_id)


def grant(session: Session, waiver: Waiver, *, until: date, by: UUID, now: datetime) -> None:
    """Excuse the system until a day, in place of what was granted before.

    Raises Refused `case.self_dealing`, `waiver.incomplete`, `waiver.wrong_step`.
    """
    _require_another(waiver, by)
    if until <= clock.taipei_day(now):
        raise Refused("waiver.incomplete")
    earlier = (Waiver.system_id == waiver.system_id, Waiver.state == WaiverState.GRANTED)
    session.execute(update(Waiver).where(*earlier).values(state=WaiverState.EXTENDED))
    _decide(session, waiver, by=by, now=now, state=WaiverState.GRANTED, until=until)
    session.execute(
        update(IdentitySystem)
        .where(IdentitySystem.id == waiver.system_id)
        .values(status=Integration.EXEMPTED, changed_at=now)
    )


def deny(session: Session, waiver: Waiver, *, reason: str, by: UUID, now: datetime) -> None:
    """Refuse the request, with the reason the agency reads.

    Raises Refused `publish.reason_missing`, `case.self_dealing`, `waiver.wrong_step`.
    """
    if not reason.strip():
        raise Refused("publish.reason_missing")
    _require_another(waiver, by)
    decision = reason.strip()[:LONGEST_DECISION]
    _decide(session, waiver, by=by, now=now, state=WaiverState.DENIED, decision=decision)


def end(session: Session, waiver: Waiver, *, now: datetime) -> None:
    """End what was granted with this day. Raises Refused `waiver.wrong_step`."""
    values = {"state": WaiverState.ENDED, "until": clock.taipei_day(now)}
    _step(session, waiver, Waiver.state == WaiverState.GRANTED, **values)


def _require_another(waiver: Waiver, by: UUID) -> None:
    if by == waiver.requested_by:
        raise Refused("case.self_dealing")


def _decide(session: Session, waiver: Waiver, *, by: UUID, now: datetime, **values: Any) -> None:
    asked = Waiver.state == WaiverState.REQUESTED
    _step(session, waiver, asked, decided_by=by, decided_at=now, **values)


def _step(
    session: Session,
    waiver: Waiver,
    condition: ColumnElement[bool],
    **values: Any,  # columns of several types
) -> None:
    stepped = session.execute(
        update(Waiver)
        .where(Waiver.id == waiver.id, condition)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if changed(stepped) != 1:
        raise Refused("waiver.wrong_step")
    session.refresh(waiver)


def get(session: Session, waiver_id: UUID) -> Waiver:
    """Return a waiver. Raises NotFound."""
    found = session.get(Waiver, waiver_id)
    if found is None:
        raise NotFound("waiver.not_found")
    return found


def of_system(session: Session, system_id: UUID) -> Sequence[Waiver]:
    """Return every request for a system, the newest first."""
    rows = select(Waiver).where(Waiver.system_id == system_id)
    return session.scalars(rows.order_by(Waiver.requested_at.desc(), Waiver.id.desc())).all()


def waiting(session: Session) -> Sequence[Waiver]:
    """Return what waits for DoIT, the oldest first."""
    rows = select(Waiver).where(Waiver.state == WaiverState.REQUESTED)
    return session.scalars(rows.order_by(Waiver.requested_at)).all()


def count_waiting(session: Session) -> int:
    """Return how much waits for DoIT."""
    rows = select(func.count()).select_from(Waiver).where(Waiver.state == WaiverState.REQUESTED)
    return session.scalar(rows) or 0


def counting(session: Session, *, on: date) -> dict[UUID, Waiver]:
    """Return the waivers that count on a day, by system."""
    rows = select(Waiver).where(Waiver.state == WaiverState.GRANTED, Waiver.until >= on)
    return {each.system_id: each for each in session.scalars(rows)}


def require(session: Session, system_id: UUID, *, on: date) -> Waiver:
    """Return the waiver that excuses a system on a day.

    Raises Refused `waiver.not_granted`, or `waiver.expired` where one ran out.
    """
    granted = select(Waiver).where(
        Waiver.system_id == system_id, Waiver.state == WaiverState.GRANTED
    )
    found = session.scalars(granted).one_or_none()
    if found is None:
        raise Refused("waiver.not_granted")
    if found.until is None or found.until < on:
        raise Refused("waiver.expired")
    return found


def run_out(session: Session, *, now: datetime) -> list[Waiver]:
    """Return the waivers that ran out and of which nobody was told, each once."""
    due = (
        Waiver.state == WaiverState.GRANTED,
        Waiver.until < clock.taipei_day(now),
        Waiver.told_at.is_(None),
    )
    told = session.scalars(
        update(Waiver)
        .where(*due)
        .values(told_at=now)
        .returning(Waiver.id)
        .execution_options(synchronize_session=False)
    ).all()
    rows = select(Waiver).where(Waiver.id.in_(told))
    return list(session.scalars(rows).all()) if told else []


def granted(session: Session) -> Sequence[Waiver]:
    """Return what was granted and not ended, what ran out too, the first to run out first."""
    rows = select(Waiver).where(Waiver.state == WaiverState.GRANTED)
    return session.scalars(rows.order_by(Waiver.until, Waiver.id)).all()
