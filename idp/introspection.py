"""Serve introspection (RFC 7662) and revocation (RFC 7009)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clients.directory import RegisteredClient
from clients.models import AuthMethod, OrganisationKind
from consent.rules import Decided
from idp import client_tokens, narrowing
from idp.client_authentication import authenticated_client
from idp.errors import ProtocolError
from idp.grants import end_one
from idp.models import Grant, GrantEnd, Token, TokenKind
from idp.parameters import Parameters
from idp.possession import NOTHING, Shown, confirmation_claim, token_type
from idp.provider import Provider
from idp.released import allowed_claims
from idp.state import asked_for_auth_time, find_access_token, told_details
from kernel.ids import digest
from kernel.prebuilt import Row

INACTIVE: dict[str, Any] = {"active": False}


def introspect(
    provider: Provider,
    session: Session,
    form: Parameters,
    *,
    authorization: str | None,
    shown: Shown = NOTHING,
    now: datetime,
) -> dict[str, Any]:
    """Say what a token is worth now, to its own client or a resource server; to others, nothing.

    Every other token, however it came to be inactive, gives the same answer (RFC 7662 2.2).
    Raises ProtocolError.
    """
    caller = authenticated_client(
        provider,
        session,
        form,
        endpoint="/introspect",
        authorization=authorization,
        shown=shown,
        now=now,
    )
    if caller.auth_method is AuthMethod.NONE:
        raise ProtocolError("invalid_client", "a public client cannot introspect", status=401)
    token = _token(form)
    found = find_access_token(session, token, now=now)
    if found is None:
        return client_tokens.told(provider, session, token, caller=caller, now=now) or INACTIVE
    row, decisions = found
    owner = provider.directory.find_by_id(session, row.client_id, now=now)
    if owner is None or not _is_told(session, owner, caller, row):
        return INACTIVE
    if not _consented(owner, row, decisions, now=now):
        return INACTIVE
    told = {
        "active": True,
        "scope": row.scope,
        "client_id": owner.client_id,
        "token_type": token_type(row.confirmation),
        "iat": int(row.issued_at.timestamp()),
        "exp": int(row.expires_at.timestamp()),
        "iss": provider.issuer,
        "sub": _name(provider, owner, caller, row),
        "acr": row.acr,
    }
    told |= told_details(row, row.details)
    if row.audience is not None:
        told["aud"] = row.audience
    if asked_for_auth_time(row):
        told["auth_time"] = int(row.authenticated_at.timestamp())
    if row.confirmation is not None:
        told["cnf"] = confirmation_claim(row.confirmation)
    return told


def _is_told(session: Session, owner: RegisteredClient, caller: RegisteredClient, row: Row) -> bool:
    """Say whether a token concerns the caller: its own, or one that may be brought to it."""
    if row.audience is None:
        return caller.id == owner.id or caller.resource_server
    target = narrowing.find_usable(session, owner, row.audience)
    return target is not None and caller.id in {owner.id, target.server_id}


def _name(provider: Provider, owner: RegisteredClient, caller: RegisteredClient, row: Row) -> str:
    """Return the name to call the member by.

    A resource server of another sector must not learn one it could join on (10(3)), and of a
    merchant's customer nobody learns more than the merchant (10(4)).
    """
    if caller.id == owner.id or owner.kind is OrganisationKind.MERCHANT:
        return str(row.sub)
    return provider.sub_of(row.member_id, caller)


def _consented(
    owner: RegisteredClient, row: Row, decisions: Iterable[Decided], *, now: datetime
) -> bool:
    try:
        allowed_claims(owner, row, decisions, frozenset(), now=now)
    except ProtocolError:
        return False
    return True


def revoke(
    provider: Provider,
    session: Session,
    form: Parameters,
    *,
    authorization: str | None,
    shown: Shown = NOTHING,
    now: datetime,
) -> None:
    """Revoke a token of the calling client; an unknown one is as good as revoked (RFC 7009 2.2).

    A refresh token takes its whole grant with it, an access token only itself.
    """
    caller = authenticated_client(
        provider,
        session,
        form,
        endpoint="/revoke",
        authorization=authorization,
        shown=shown,
        now=now,
    )
    hashed = digest(_token(form))
    found = session.execute(
        select(Token.kind, Token.grant_id)
        .join(Grant, Grant.id == Token.grant_id)
        .where(Token.token_hash == hashed, Grant.client_id == caller.id)
    ).one_or_none()
    if found is None:
        client_tokens.revoke(session, hashed, client=caller, now=now)
        return
    if found.kind is TokenKind.REFRESH:
        end_one(session, found.grant_id, GrantEnd.REVOKED, now=now)
        return
    session.execute(update(Token).where(Token.token_hash == hashed).values(revoked_at=now))


def _token(form: Parameters) -> str:
    token = form.get("token")
    if token is None:
        raise ProtocolError("invalid_request", "token is missing")
    return token
