"""Let a client that registered itself in, or turn it down: DoIT decides once (regulation 10(3)).

A client that waits becomes approved or turned down; one in the sandbox stays what it is.
"""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clients import registry
from clients.models import Client, Review
from kernel.db import changed
from kernel.errors import Refused


def admit(session: Session, client_id: str) -> Client:
    """Let the client be served. Raises NotFound, or Refused `client.not_waiting`."""
    return _decide(session, client_id, Review.APPROVED, reason=None)


def turn_down(session: Session, client_id: str, *, reason: str) -> Client:
    """Serve the client never, and say why. Raises as `admit`, or `client.reason_missing`."""
    if not reason.strip():
        raise Refused("client.reason_missing")
    return _decide(session, client_id, Review.TURNED_DOWN, reason=reason.strip()[:500])


def waiting(session: Session) -> list[Client]:
    """Return the clients that wait for a decision, the longest wait first."""
    statement = select(Client).where(Client.review == Review.WAITING, Client.disabled_at.is_(None))
    return list(session.scalars(statement.order_by(Client.created_at)))


def _decide(session: Session, client_id: str, decision: Review, *, reason: str | None) -> Client:
    """Decide in one statement: of two clerks at once, one is refused."""
    client = registry.get(session, client_id)
    moved = session.execute(
        update(Client)
        .where(Client.id == client.id, Client.review == Review.WAITING)
        .values(review=decision, review_reason=reason)
        .execution_options(synchronize_session=False)
    )
    if changed(moved) != 1:
        raise Refused("client.not_waiting")
    session.refresh(client)
    return client
