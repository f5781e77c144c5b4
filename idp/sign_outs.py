"""Know which sign-ins have just ended, and let their clients be told (Back-Channel Logout 1.0).

The job is written in the transaction that ends the sign-in: neither happens without the other.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from clients.models import Client
from kernel import jobs

KIND = "client.signed_out"


@dataclass(frozen=True, kw_only=True)
class SignOut:
    """A sign-in that is over: at which client, under which name, in which browser session."""

    client_id: UUID
    sub: str
    session_id: UUID | None


def enqueue(session: Session, ended: Iterable[SignOut], *, now: datetime) -> None:
    """Let each client that registered where it is told be told once of each sign-in."""
    by_client: dict[UUID, list[SignOut]] = {}
    for each in ended:
        by_client.setdefault(each.client_id, []).append(each)
    told = select(Client.id).where(
        Client.id.in_(by_client), Client.backchannel_logout_uri.is_not(None)
    )
    for client_id in session.scalars(told) if by_client else ():
        for each in by_client[client_id]:
            jobs.enqueue(session, KIND, _payload(each), now=now)


def _payload(ended: SignOut) -> dict[str, str | None]:
    return {
        "client": str(ended.client_id),
        "sub": ended.sub,
        "session": None if ended.session_id is None else str(ended.session_id),
    }
