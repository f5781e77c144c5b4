"""Keep an authorization request while its member logs in and decides."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from idp import parameters
from idp.authorize import read_request
from idp.interaction import Progress
from idp.models import Interaction
from idp.provider import Provider
from idp.requests import AuthorizationRequest
from kernel.db import changed
from kernel.ids import digest, new_id

# Built once (docs/performance.md).
_FIND = select(Interaction).where(
    Interaction.id == bindparam("key"), Interaction.browser_hash == bindparam("browser")
)
_FINISH = (
    update(Interaction)
    .where(Interaction.id == bindparam("key"), Interaction.finished_at.is_(None))
    .values(finished_at=bindparam("now"))
)


def begin(
    session: Session,
    request: AuthorizationRequest,
    *,
    browser: str,
    provider: Provider,
    now: datetime,
) -> UUID:
    """Store the request for the browser that brought it and return the interaction's id."""
    interaction = Interaction(
        id=new_id(),
        browser_hash=digest(browser),
        client_id=request.client.client_id,
        parameters=request.parameters,
        started_at=now,
        expires_at=now + provider.lifetimes.interaction,
    )
    session.add(interaction)
    session.flush()
    return interaction.id


def find(session: Session, interaction_id: UUID, *, browser: str) -> Interaction | None:
    """Return the interaction if this browser brought it, finished and expired ones included."""
    return session.scalar(_FIND, {"key": interaction_id, "browser": digest(browser)})


def request_of(
    provider: Provider, session: Session, interaction: Interaction, *, now: datetime
) -> AuthorizationRequest:
    """Return the stored request, checked again: the client may have changed meanwhile."""
    return read_request(provider, session, parameters.of(interaction.parameters), now=now)


def progress_of(interaction: Interaction) -> Progress:
    """Return what has happened in the interaction so far."""
    return Progress(
        started_at=interaction.started_at,
        authenticated_at=interaction.authenticated_at,
        account_chosen_at=interaction.account_chosen_at,
        consented_at=interaction.consented_at,
    )


def finish(session: Session, interaction_id: UUID, *, now: datetime) -> bool:
    """Mark the interaction as answered; of two tabs that try, only one gets True."""
    session.flush()  # the connection sees what the ORM has written, not what it still holds
    result = session.connection().execute(_FINISH, {"key": interaction_id, "now": now})
    return changed(result) == 1
