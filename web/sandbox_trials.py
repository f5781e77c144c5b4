"""Keep what a sandbox client is to meet at its next sign-in, and what it did about it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from clients.models import Client
from idp.models import AwaitedRequest, Grant, Token
from kernel.db import changed, insert_once
from kernel.ids import digest, new_id
from web.sandbox_faults import Told
from web.sandbox_models import Trial


def arm(
    session: Session, client_id: UUID, fault: str, *, is_check: bool = False, now: datetime
) -> None:
    """Let the client's next sign-in meet `fault`, instead of what was to come."""
    session.execute(delete(Trial).where(Trial.client_id == client_id, Trial.taken_at.is_(None)))
    values = {
        "id": new_id(),
        "client_id": client_id,
        "fault": fault,
        "is_check": is_check,
        "asked_at": now,
    }
    insert_once(session, Trial, values)  # of two at once, one is met


def armed(session: Session, client_id: str) -> Trial | None:
    """Return what the client's next sign-in will meet."""
    if not (client_id.isascii() and client_id.isprintable()):
        return None
    waits = Trial.taken_at.is_(None)
    return session.scalar(
        select(Trial)
        .join(Client, Client.id == Trial.client_id)
        .where(Client.client_id == client_id, waits)
    )


def armed_by_handle(session: Session, handle: str) -> Trial | None:
    """Return what the next sign-in of who holds this handle will meet (RFC 8628; CIBA)."""
    waits = Trial.taken_at.is_(None)
    return session.scalar(
        select(Trial)
        .join(AwaitedRequest, AwaitedRequest.client_id == Trial.client_id)
        .where(AwaitedRequest.handle_hash == digest(handle), waits)
    )


def take(session: Session, code: str, *, now: datetime) -> Trial | None:
    """Let the sign-in of this code meet what its client waits for; of two, one does."""
    grant = session.execute(
        select(Grant.id, Grant.client_id).where(Grant.code_hash == digest(code))
    ).one_or_none()
    if grant is None:
        return None
    waiting = (Trial.client_id == grant.client_id, Trial.taken_at.is_(None))
    if not _change(session, *waiting, taken_at=now, grant_id=grant.id):
        return None
    return session.scalar(select(Trial).where(Trial.grant_id == grant.id))


def deny(session: Session, handle: str, *, now: datetime) -> None:
    """Let the member of this handle have said no, whatever they said or will."""
    session.execute(
        update(AwaitedRequest)
        .where(AwaitedRequest.handle_hash == digest(handle))
        .values(approved=False, answered_at=func.coalesce(AwaitedRequest.answered_at, now))
        .execution_options(synchronize_session=False)
    )


def spend(session: Session, trial_id: UUID, *, now: datetime) -> bool:
    """Use up what refuses a request at once; False if another request did."""
    return _change(session, Trial.id == trial_id, Trial.taken_at.is_(None), taken_at=now)


def meet(session: Session, trial: Trial, *, now: datetime) -> bool:
    """Say whether this is the first time that a fault of one time is met."""
    return _change(session, Trial.id == trial.id, Trial.met_at.is_(None), met_at=now)


def of_code(session: Session, code: str) -> Trial | None:
    """Return what the sign-in of this code meets."""
    found = select(Trial).join(Grant, Grant.id == Trial.grant_id)
    return session.scalar(found.where(Grant.code_hash == digest(code)))


def of_token(session: Session, token: str) -> Trial | None:
    """Return what the sign-in meets that this token came from."""
    found = select(Trial).join(Token, Token.grant_id == Trial.grant_id)
    return session.scalar(found.where(Token.token_hash == digest(token)))


def redeemed(session: Session, trial: Trial, *, now: datetime) -> None:
    """Note that the client exchanged the code, or tried to."""
    _change(session, Trial.id == trial.id, Trial.redeemed_at.is_(None), redeemed_at=now)


def used(session: Session, trial: Trial, *, now: datetime) -> None:
    """Note that the client used the access token."""
    _change(session, Trial.id == trial.id, Trial.used_at.is_(None), used_at=now)


def tell(session: Session, client_id: UUID, fault: str, told: Told, *, now: datetime) -> bool:
    """Write down what the client says it did, at the last check of this kind that it met."""
    last = latest(session, client_id).get(fault)
    if last is None or last.taken_at is None:
        return False
    return _change(session, Trial.id == last.id, told=told.value, told_at=now)


def report(session: Session, client_id: UUID, fault: str, told: Told, *, now: datetime) -> None:
    """Write down a check that needs no sign-in."""
    session.add(
        Trial(
            client_id=client_id,
            fault=fault,
            is_check=True,
            asked_at=now,
            taken_at=now,
            told=told.value,
            told_at=now,
        )
    )
    session.flush()


def latest(session: Session, client_id: UUID) -> dict[str, Trial]:
    """Return the last check of each kind, by its fault."""
    mine = (Trial.client_id == client_id, Trial.is_check.is_(True))
    rows = session.scalars(select(Trial).where(*mine).order_by(Trial.asked_at, Trial.id))
    return {each.fault: each for each in rows}


def grants(session: Session, client_id: UUID) -> Sequence[Grant]:
    """Return the client's newest sign-ins, as many as a log is searched for."""
    mine = select(Grant).where(Grant.client_id == client_id)
    return session.scalars(mine.order_by(Grant.id.desc()).limit(20)).all()


def _change(session: Session, *where: Any, **values: Any) -> bool:  # of several columns
    done = session.execute(
        update(Trial).where(*where).values(**values).execution_options(synchronize_session="fetch")
    )
    return changed(done) == 1
