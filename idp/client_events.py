"""Keep what clients are told, so that it can be asked for and sent again (RFC 8935, RFC 8936).

An event and the job that pushes it are written in the transaction of their cause.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, select, tuple_, update
from sqlalchemy.orm import Session

from clients.models import Client
from idp.event_models import ClientEvent
from kernel import jobs
from kernel.db import Json
from kernel.errors import NotFound
from kernel.ids import digest
from kernel.jobs import Work
from kernel.prebuilt import Prebuilt

JTI_LENGTH = 32
KEPT = timedelta(days=30)
SETTLED = timedelta(minutes=1)  # longer than a request may take: what began then has committed
AGAIN, SINCE = "again", "toe"  # in the payload of a job that sends one again
_APPEND = Prebuilt(insert(ClientEvent), given="id client_id kind payload at jti".split())


def jti_of(event_id: UUID) -> str:
    """Return the name of an event's token.

    The id itself tells the moment, to the millisecond the same for all who hear of one happening.
    """
    return digest(str(event_id)).hex()[:JTI_LENGTH]


def enqueue(session: Session, client_id: UUID, kind: str, payload: Json, *, at: datetime) -> None:
    """Keep an event and have it pushed at this moment."""
    event_id = jobs.enqueue(session, kind, payload, now=at)
    _APPEND.write(
        session,
        {
            "id": event_id,
            "client_id": client_id,
            "kind": kind,
            "payload": payload,
            "at": at,
            "jti": jti_of(event_id),
        },
    )


def again(session: Session, event: ClientEvent, *, now: datetime) -> None:
    """Push an event once more, under its own name and with its own moment."""
    repeated = {AGAIN: str(event.id), SINCE: int(event.at.timestamp())}
    jobs.enqueue(session, event.kind, {**event.payload, **repeated}, now=now)


def taken(session: Session, work: Work, *, now: datetime) -> None:
    """Note that the client took what a job pushed."""
    event_id = UUID(work.payload.get(AGAIN, str(work.id)))
    session.execute(
        update(ClientEvent)
        .where(ClientEvent.id == event_id, ClientEvent.pushed_at.is_(None))
        .values(pushed_at=now)
    )


def since(
    session: Session, client_id: UUID, after: str, *, most: int, now: datetime
) -> Sequence[ClientEvent]:
    """Return a client's events after the one named `after`, the oldest first; all if it is empty.

    Raises NotFound `event.not_found` for a name that is not the client's.
    """
    mine = (ClientEvent.client_id == client_id, ClientEvent.at <= now - SETTLED)
    statement = select(ClientEvent).where(*mine)
    if after:
        last = _named(session, client_id, after)
        place = tuple_(ClientEvent.at, ClientEvent.id)
        statement = statement.where(place > tuple_(last.at, last.id))
    ordered = statement.order_by(ClientEvent.at, ClientEvent.id)
    return session.scalars(ordered.limit(most)).all()


def _named(session: Session, client_id: UUID, jti: str) -> ClientEvent:
    found = None
    if jti.isascii() and jti.isalnum():
        where = (ClientEvent.client_id == client_id, ClientEvent.jti == jti)
        found = session.scalar(select(ClientEvent).where(*where))
    if found is None:
        raise NotFound("event.not_found")
    return found


def of_organisation(
    session: Session, organisation_id: UUID, *, most: int, now: datetime
) -> Sequence[tuple[ClientEvent, str]]:
    """Return the newest events of an organisation's clients, each with the client's name."""
    rows = session.execute(
        select(ClientEvent, Client.client_id)
        .join(Client, Client.id == ClientEvent.client_id)
        .where(Client.organisation_id == organisation_id, ClientEvent.at <= now)
        .order_by(ClientEvent.at.desc(), ClientEvent.id.desc())
        .limit(most)
    )
    return [(row[0], row[1]) for row in rows]


def get(session: Session, event_id: UUID, *, organisation_id: UUID, now: datetime) -> ClientEvent:
    """Return an event of an organisation's client. Raises NotFound `event.not_found`."""
    found = session.scalar(
        select(ClientEvent)
        .join(Client, Client.id == ClientEvent.client_id)
        .where(
            ClientEvent.id == event_id,
            Client.organisation_id == organisation_id,
            ClientEvent.at <= now,
        )
    )
    if found is None:
        raise NotFound("event.not_found")
    return found
