"""Serve clients that act for themselves: a token without a member (RFC 6749 4.4)."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from clients import resources
from clients.directory import RegisteredClient
from clients.resources import Target
from idp import access_tokens
from idp.access_tokens import About
from idp.errors import ProtocolError
from idp.models import ClientToken
from idp.possession import confirmation_claim, token_type
from idp.provider import Provider
from kernel.ids import digest
from kernel.prebuilt import Prebuilt

_KEEP = Prebuilt(
    insert(ClientToken),
    given="token_hash client_id audience scope issued_at expires_at confirmation".split(),
)
_FIND = Prebuilt(
    select(*ClientToken.__table__.columns).where(
        ClientToken.token_hash == bindparam("hashed"),
        ClientToken.expires_at > bindparam("now"),
        ClientToken.revoked_at.is_(None),
    )
)
_REVOKE = Prebuilt(
    update(ClientToken)
    .where(
        ClientToken.token_hash == bindparam("hashed"),
        ClientToken.client_id == bindparam("client"),
        ClientToken.revoked_at.is_(None),
    )
    .values(revoked_at=bindparam("now"))
)


def issue(
    provider: Provider,
    session: Session,
    client: RegisteredClient,
    values: dict[str, str],
    *,
    confirmation: str | None,
    now: datetime,
) -> dict[str, Any]:
    """Return the token response: one interface, and only what was approved there.

    There is no refresh token (RFC 6749 4.4.3). Raises ProtocolError `invalid_target`,
    `invalid_scope`.
    """
    target = access_tokens.chosen(resources.targets(session, client.id), values.get("resource"))
    scope = _scope(values.get("scope", ""), target)
    about = About(
        client_id=client.client_id, sub=client.client_id, scope=scope, confirmation=confirmation
    )
    lifetime = access_tokens.lifetime(target, provider.lifetimes.access)
    token = access_tokens.new(provider, session, target, about, until=now + lifetime, now=now)
    _KEEP.write(
        session,
        {
            "token_hash": digest(token),
            "client_id": client.id,
            "audience": target.identifier,
            "scope": scope,
            "issued_at": now,
            "expires_at": now + lifetime,
            "confirmation": confirmation,
        },
    )
    return {
        "access_token": token,
        "token_type": token_type(confirmation),
        "expires_in": int(lifetime.total_seconds()),
        "scope": scope,
    }


def _scope(wanted: str, target: Target) -> str:
    """Return what was asked for; who asks for nothing gets everything approved."""
    asked = dict.fromkeys(wanted.split())
    if not asked.keys() <= set(target.scopes):
        raise ProtocolError("invalid_scope", "this client is not approved for this scope")
    return " ".join(asked or target.scopes)


def told(
    provider: Provider,
    session: Session,
    token: str,
    *,
    caller: RegisteredClient,
    now: datetime,
) -> dict[str, Any] | None:
    """Say what a client's own token is worth now, to that client and to whom it is for.

    None for everybody else, and if nothing of what it was made for is approved any more.
    """
    row = _FIND.one_or_none(session, {"hashed": digest(token), "now": now})
    owner = None if row is None else provider.directory.find_by_id(session, row.client_id, now=now)
    if row is None or owner is None:
        return None
    target = resources.targets(session, owner.id).get(row.audience)
    if target is None or caller.id not in {owner.id, target.server_id}:
        return None
    scope = " ".join(each for each in row.scope.split() if each in target.scopes)
    if not scope:
        return None
    said = {
        "active": True,
        "scope": scope,
        "client_id": owner.client_id,
        "token_type": token_type(row.confirmation),
        "iat": int(row.issued_at.timestamp()),
        "exp": int(row.expires_at.timestamp()),
        "iss": provider.issuer,
        "sub": owner.client_id,
        "aud": row.audience,
    }
    if row.confirmation is not None:
        said["cnf"] = confirmation_claim(row.confirmation)
    return said


def revoke(session: Session, hashed: bytes, *, client: RegisteredClient, now: datetime) -> None:
    """End a token of the client itself; one that is not its own stays."""
    _REVOKE.run(session, {"hashed": hashed, "client": client.id, "now": now})
