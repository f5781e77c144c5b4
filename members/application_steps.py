"""Move an application from one state to the next, and keep who moved it, when and why (4.1).

Of two people who move one at the same moment, the second is refused. The applicant is told by a
job of the same transaction; it names the application and the step.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from audit import trail
from kernel import jobs
from kernel.db import changed
from kernel.errors import NotFound, Refused
from kernel.ids import new_id_at
from kernel.keyring import Keyring, seal, unseal
from members.application_models import OPEN, Application, ApplicationEvent, ClaimedNumber, State

TELL = "application.tell"  # the kind of job that writes to the applicant
WARN = "application.warn"  # and the one that writes to the members whom it names
APART = {"warned": "apart"}  # said by a letter's job, but not by one that an older version wrote
LONGEST = 2000  # characters of a reason


@dataclass(frozen=True, kw_only=True)
class Step:
    """One move: who makes it, by which clause, for which reason."""

    actor: UUID | None
    clause: str = "2(8)1"
    reason: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Event:
    """One step as it can be read."""

    at: datetime
    state: State
    actor: UUID | None
    clause: str
    reason: str = field(repr=False)


def find(session: Session, application_id: UUID) -> Application | None:
    """Return the application as it stands now; None once it was destroyed."""
    return session.get(Application, application_id, populate_existing=True)


def get(session: Session, application_id: UUID) -> Application:
    """Return the application as it stands now. Raises NotFound."""
    found = find(session, application_id)
    if found is None:
        raise NotFound("application.not_found")
    return found


def lock(session: Session, application_id: UUID) -> None:
    """Keep others from moving an application until the transaction ends.

    Whoever ends its case, too, asks for this first: a counter where the person applies anew ends
    the application and then the case, and either would wait for the other.
    """
    session.execute(
        select(Application.id).where(Application.id == application_id).with_for_update()
    )


def move(
    session: Session,
    application_id: UUID,
    step: Step,
    *,
    only: Collection[State],
    to: State,
    keyring: Keyring,
    now: datetime,
    **values: Any,  # columns of several types
) -> Application:
    """Take the step. Raises Refused `case.wrong_state`, or NotFound."""
    is_over = to not in OPEN
    moved = session.execute(
        update(Application)
        .where(Application.id == application_id, Application.state.in_(tuple(only)))
        .values(state=to, waiting_since=now, closed_at=now if is_over else None, **values)
        .execution_options(synchronize_session=False)
    )
    application = get(session, application_id)
    if not changed(moved):
        raise Refused("case.wrong_state")
    if is_over:
        session.execute(delete(ClaimedNumber).where(ClaimedNumber.application_id == application_id))
    note(session, application, step, keyring=keyring, now=now)
    return application


def note(
    session: Session, application: Application, step: Step, *, keyring: Keyring, now: datetime
) -> None:
    """Keep the state the application is in now as a step, in its own history and in the trail."""
    event_id, reason = new_id_at(now), step.reason.strip()[:LONGEST]
    sealed = b""
    if reason:
        key = data_key(application, keyring=keyring)
        sealed = seal(key, reason.encode(), place=_reason_place(event_id))
    session.add(
        ApplicationEvent(
            id=event_id,
            application_id=application.id,
            at=now,
            state=application.state,
            actor=step.actor,
            clause=step.clause,
            reason_sealed=sealed,
        )
    )
    session.flush()
    trail.record(
        session,
        f"application.{application.state.value}",
        actor=step.actor,
        subject=application.id,
        now=now,
        clause=step.clause,
        channel=application.channel.value,
    )


def tell(session: Session, application: Application, *, now: datetime, **ids: str) -> None:
    """Let the applicant be written to about the state it is in; and whom a form names, once.

    The latter by a job of its own: a letter that cannot leave is tried again, and warns nobody.
    """
    payload = {"application": str(application.id), "state": application.state.value, **ids}
    jobs.enqueue(session, TELL, payload | APART, now=now)
    if application.state is State.CONFIRMING and not ids:  # it was handed in just now
        warn(session, application.id, now=now)


def warn(session: Session, application_id: UUID, *, now: datetime) -> None:
    """Let the members be written to whom an application names."""
    jobs.enqueue(session, WARN, {"application": str(application_id)}, now=now)


def history(session: Session, application: Application, *, keyring: Keyring) -> Sequence[Event]:
    """Return the steps so far, in order."""
    rows = session.scalars(
        select(ApplicationEvent)
        .where(ApplicationEvent.application_id == application.id)
        .order_by(ApplicationEvent.id)
    )
    key = data_key(application, keyring=keyring)
    return [
        Event(
            at=row.at,
            state=row.state,
            actor=row.actor,
            clause=row.clause,
            reason=_reason(key, row),
        )
        for row in rows
    ]


def data_key(application: Application, *, keyring: Keyring) -> bytes:
    """Return the key under which everything of one application is sealed."""
    return keyring.unseal(application.data_key_sealed, place=key_place(application.id))


def key_place(application_id: UUID) -> str:
    """Return where an application's data key stands."""
    return f"application.data_key/{application_id}"


def _reason(key: bytes, row: ApplicationEvent) -> str:
    if not row.reason_sealed:
        return ""
    return unseal(key, row.reason_sealed, place=_reason_place(row.id)).decode()


def _reason_place(event_id: UUID) -> str:
    return f"application_event/{event_id}"
