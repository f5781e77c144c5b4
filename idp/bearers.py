"""Know whose program calls an interface of our own, by the token it brings (RFC 6750, 8705, 9449).

The token was made for that interface alone (docs/decisions/0071, 0086), and is worth what DoIT
approves of now.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from clients import resources
from clients.directory import RegisteredClient
from idp import client_tokens, parameters
from idp.errors import ProtocolError
from idp.possession import BEARER, Shown, require_possession
from idp.provider import Provider
from idp.userinfo import sent_token


@dataclass(frozen=True, kw_only=True)
class Caller:
    """A client's program, and what it may do here."""

    client: RegisteredClient
    organisation_id: UUID
    scopes: frozenset[str]


def caller(
    provider: Provider,
    session: Session,
    *,
    authorization: str | None,
    shown: Shown,
    audience: str,
    now: datetime,
) -> Caller:
    """Return who calls the interface at the address `audience`.

    Raises ProtocolError `invalid_token`, `invalid_dpop_proof` (401).
    """
    scheme, token = sent_token(parameters.of({}), authorization)
    row = client_tokens.find(session, token, now=now)
    if row is None or row.audience != audience or row.grant_id is not None:
        raise _worthless()
    if scheme != BEARER or row.confirmation is not None:
        require_possession(
            session, shown, scheme=scheme, token=token, confirmation=row.confirmation, now=now
        )
    client = provider.directory.find_by_id(session, row.client_id, now=now)
    target = None if client is None else resources.targets(session, client.id).get(audience)
    if client is None or target is None or client.organisation_id is None:
        raise _worthless()
    return Caller(
        client=client,
        organisation_id=client.organisation_id,
        scopes=frozenset(row.scope.split()) & frozenset(target.scopes),
    )


def _worthless() -> ProtocolError:
    return ProtocolError("invalid_token", "the token is worth nothing here", status=401)
