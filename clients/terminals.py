"""Register the readers at agencies' desks; each asks under its own number (6(1), 6(2))."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clients.models import AuthMethod, Client, OrganisationKind, Terminal
from kernel.db import changed
from kernel.errors import NotFound, Refused

LONGEST = 64


def add(session: Session, client: Client, name: str, *, now: datetime) -> Terminal:
    """Register a reader of an agency's client; `name` says where it stands.

    Raises Refused `terminal.not_an_agencys` for a merchant's client, or one that cannot prove
    itself.
    """
    is_agency = client.organisation.kind is OrganisationKind.AGENCY
    if not is_agency or client.auth_method is AuthMethod.NONE:
        raise Refused("terminal.not_an_agencys")
    terminal = Terminal(client_id=client.id, name=name.strip()[:LONGEST], added_at=now)
    session.add(terminal)
    session.flush()
    return terminal


def listed(session: Session, client: Client) -> Sequence[Terminal]:
    """Return the readers of a client, ended ones included, the oldest first."""
    return session.scalars(
        select(Terminal)
        .where(Terminal.client_id == client.id)
        .order_by(Terminal.added_at, Terminal.id)
    ).all()


def find_place(session: Session, client_id: UUID, terminal: str) -> str | None:
    """Return where a client's device stands, None if it has no such device."""
    try:
        number = UUID(terminal)
    except ValueError:
        return None
    return session.scalar(
        select(Terminal.name).where(
            Terminal.id == number, Terminal.client_id == client_id, Terminal.ended_at.is_(None)
        )
    )


def end(session: Session, terminal_id: UUID, *, now: datetime) -> None:
    """Answer a reader no more. Raises NotFound if there is none, or it has ended."""
    done = session.execute(
        update(Terminal)
        .where(Terminal.id == terminal_id, Terminal.ended_at.is_(None))
        .values(ended_at=now)
    )
    if not changed(done):
        raise NotFound("terminal.not_found")
