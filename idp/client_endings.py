"""End a client, or a stolen secret of it, and in the same moment what was issued to it.

Whoever ends it says so on the trail. Processes know a client as it was for a moment more, and
issue: who must be sure ends what was issued once more, after `SETTLED`.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from clients import directory, registry
from clients.models import Client, ClientSecret
from idp import grants
from idp.models import ClientToken, GrantEnd
from kernel.db import changed
from kernel.errors import Refused
from kernel.ids import new_secret

# By then no process knows the client as it was, and what was being answered has been written.
SETTLED = directory.FRESH + timedelta(seconds=4)


def end(session: Session, client_id: UUID, *, now: datetime) -> bool:
    """End a client, its secrets and everything issued to it; False for one that had ended."""
    ended = session.execute(
        update(Client)
        .where(Client.id == client_id, Client.disabled_at.is_(None))
        .values(disabled_at=now, registration_hash=None)
    )
    if changed(ended) != 1:
        return False
    _end_what_it_has(session, client_id, now=now)
    return True


def replace_secrets(session: Session, client: Client, *, now: datetime) -> str:
    """Return a new secret: every other opens nothing from now on, and what was issued ends.

    For a secret somebody else may know: that person may hold tokens as well. Raises Refused
    `client.no_secret`.
    """
    if not registry.has_secret(client):
        raise Refused("client.no_secret")
    _end_what_it_has(session, client.id, now=now)
    return registry.keep_secret(session, client, new_secret(), now=now)


def _end_what_it_has(session: Session, client_id: UUID, *, now: datetime) -> None:
    session.execute(delete(ClientSecret).where(ClientSecret.client_id == client_id))
    end_issued(session, client_id, now=now)


def end_issued(session: Session, client_id: UUID, *, now: datetime) -> None:
    """End every grant and token of a client; its secrets stay."""
    grants.end_for_client(session, client_id, reason=GrantEnd.REVOKED, now=now)
    session.execute(  # what it was given to act for itself hangs on no grant
        update(ClientToken)
        .where(ClientToken.client_id == client_id, ClientToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )
