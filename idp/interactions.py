"""Keep an authorization request while its member logs in and decides."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from idp import awaited, parameters
from idp.authorize import read_known
from idp.interaction import MOMENTS, Progress
from idp.models import Interaction
from idp.provider import Provider
from idp.requests import AuthorizationRequest
from kernel.ids import digest, new_id
from kernel.prebuilt import Prebuilt, Row

_BEGIN = Prebuilt(
    insert(Interaction),
    given="id browser_hash client_id parameters started_at expires_at".split(),
)
_BEGIN_AWAITED = Prebuilt(
    insert(Interaction),
    given="id browser_hash client_id parameters started_at expires_at awaited_id".split(),
)
_FIND = Prebuilt(
    select(*Interaction.__table__.columns).where(
        Interaction.id == bindparam("key"), Interaction.browser_hash == bindparam("browser")
    )
)
_FINISH = Prebuilt(
    update(Interaction)
    .where(Interaction.id == bindparam("key"), Interaction.finished_at.is_(None))
    .values(finished_at=bindparam("now"))
)
_this = update(Interaction).where(Interaction.id == bindparam("key"))
_MARK = {
    moment: Prebuilt(_this.values({moment: bindparam("now")}))
    for moment in ("authenticated_at", "account_chosen_at", *MOMENTS.values())
}


def begin(
    session: Session,
    request: AuthorizationRequest,
    *,
    browser: str,
    provider: Provider,
    now: datetime,
) -> UUID:
    """Store the request for the browser that brought it and return the interaction's id."""
    interaction_id = new_id()
    values = {
        "id": interaction_id,
        "browser_hash": digest(browser),
        "client_id": request.client.client_id,
        "parameters": request.parameters,
        "started_at": now,
        "expires_at": now + provider.lifetimes.interaction,
    }
    if request.to.awaited_id is None:
        _BEGIN.write(session, values)
    else:
        _BEGIN_AWAITED.write(session, {**values, "awaited_id": request.to.awaited_id})
    return interaction_id


def find(session: Session, interaction_id: UUID, *, browser: str) -> Row | None:
    """Return the interaction if this browser brought it, finished and expired ones included."""
    return _FIND.one_or_none(session, {"key": interaction_id, "browser": digest(browser)})


def mark(session: Session, interaction_id: UUID, moment: str, *, now: datetime) -> None:
    """Note what has happened: `authenticated_at`, `account_chosen_at` or one of `MOMENTS`."""
    _MARK[moment].write(session, {"key": interaction_id, "now": now})


def request_of(
    provider: Provider, session: Session, interaction: Row, *, now: datetime
) -> AuthorizationRequest:
    """Return the stored request, checked again: the client may have changed meanwhile.

    Raises also Refused `awaited.over` if it was a device's and waits no more.
    """
    if interaction.awaited_id is not None:
        return awaited.request_of(provider, session, interaction.awaited_id, now=now)
    return read_known(provider, session, parameters.of(interaction.parameters), now=now)


def progress_of(interaction: Row) -> Progress:
    """Return what has happened in the interaction so far."""
    return Progress(
        started_at=interaction.started_at,
        authenticated_at=interaction.authenticated_at,
        account_chosen_at=interaction.account_chosen_at,
        consented_at=interaction.consented_at,
        disclosed_at=interaction.disclosed_at,
        marketed_at=interaction.marketed_at,
    )


def finish(session: Session, interaction_id: UUID, *, now: datetime) -> bool:
    """Mark the interaction as answered; of two tabs that try, only one gets True."""
    return _FINISH.run(session, {"key": interaction_id, "now": now}) == 1
