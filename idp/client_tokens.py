"""Keep tokens for one interface; serve clients that act for themselves (RFC 6749 4.4)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from clients import resources
from clients.directory import RegisteredClient, RegisteredPurpose
from clients.resources import Target
from consent import ledger, rules
from consent.rules import Decided
from idp import access_tokens, statements, strength
from idp.access_tokens import About
from idp.errors import ProtocolError
from idp.models import ClientToken
from idp.possession import confirmation_claim, token_type
from idp.provider import Provider
from kernel.ids import digest
from kernel.prebuilt import Prebuilt, Row

_KEPT = "token_hash client_id audience scope issued_at expires_at confirmation".split()
_KEEP = Prebuilt(insert(ClientToken), given=_KEPT)
_KEEP_FOR_MEMBER = Prebuilt(
    insert(ClientToken), given=[*_KEPT, "grant_id", "purpose_id", "sub", "acr"]
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
    scope = scope_of(values.get("scope", "").split(), target)
    about = About(
        client_id=client.client_id, sub=client.client_id, scope=scope, confirmation=confirmation
    )
    lifetime = access_tokens.lifetime(target, provider.lifetimes.access)
    token = access_tokens.new(provider, session, target, about, until=now + lifetime, now=now)
    keep(session, client, target, about, token, until=now + lifetime, now=now)
    return {
        "access_token": token,
        "token_type": token_type(confirmation),
        "expires_in": int(lifetime.total_seconds()),
        "scope": scope,
    }


def keep(
    session: Session,
    client: RegisteredClient,
    target: Target,
    about: About,
    token: str,
    *,
    until: datetime,
    now: datetime,
    **for_member: Any,  # columns of several types
) -> None:
    """Remember a token by its hash; `for_member` says on which grant it rests, if on any."""
    values = {
        "token_hash": digest(token),
        "client_id": client.id,
        "audience": target.identifier,
        "scope": about.scope,
        "issued_at": now,
        "expires_at": until,
        "confirmation": about.confirmation,
    }
    statement = _KEEP_FOR_MEMBER if for_member else _KEEP
    statement.write(session, {**values, **for_member})


def scope_of(wanted: Iterable[str], target: Target) -> str:
    """Return what was asked for; who asks for nothing gets everything approved.

    Raises ProtocolError `invalid_scope`.
    """
    asked = dict.fromkeys(wanted)
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
    row = find(session, token, now=now)
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
    if row.grant_id is None:
        return said
    member = _about_member(
        provider, session, row, owner=owner, caller=caller, target=target, now=now
    )
    return None if member is None else {**said, **member}


def _about_member(
    provider: Provider,
    session: Session,
    row: Row,
    *,
    owner: RegisteredClient,
    caller: RegisteredClient,
    target: Target,
    now: datetime,
) -> dict[str, Any] | None:
    """Say whom an exchanged token is about, while both consents and the login it rests on hold.

    Only who serves the interface is told its name for the member: the client has one of its own.
    """
    live = statements.LIVE_GRANT.nested(session, {"grant": row.grant_id, "client": owner.id})
    server = provider.directory.find_by_id(session, target.server_id, now=now)
    purpose = None if server is None else server.find_purpose_by_id(row.purpose_id)
    if live is None or purpose is None:
        return None
    grant, own = live[0], ledger.decided(live[1], purpose_id=live[0].purpose_id)
    asked = owner.find_purpose_by_id(grant.purpose_id)
    decisions = ledger.decisions(session, member_id=grant.member_id, purpose_id=purpose.id)
    if asked is None or not (_stands(asked, own, now) and _stands(purpose, decisions, now)):
        return None
    if not (
        strength.is_strong_enough(purpose, grant)
        and strength.is_new_enough(purpose, grant, now=now)
    ):
        return None
    told: dict[str, Any] = {"acr": row.acr, "act": {"sub": owner.client_id}}
    told["sub"] = row.sub if caller.id == target.server_id else str(grant.sub)
    return told


def _stands(purpose: RegisteredPurpose, decisions: Iterable[Decided], now: datetime) -> bool:
    return bool(rules.releasable(frozenset(), rules.terms_of(purpose), decisions, now=now))


def find(session: Session, token: str, *, now: datetime) -> Row | None:
    """Return the row of a token that has not ended."""
    return _FIND.one_or_none(session, {"hashed": digest(token), "now": now})


def revoke(session: Session, hashed: bytes, *, client: RegisteredClient, now: datetime) -> None:
    """End a token of the client itself; one that is not its own stays."""
    _REVOKE.run(session, {"hashed": hashed, "client": client.id, "now": now})
