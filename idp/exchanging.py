"""Exchange a member's token for one that another service of the same agency takes (RFC 8693).

Only ever narrower: one interface, what was approved there, no longer than the token it was made of
and five minutes at the most. Consent is asked again, for the other service's own purpose: a yes to
one service never serves another (regulation 10(3)).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from audit import footprint
from audit.lines import Kind
from clients import resources
from clients.directory import RegisteredClient, RegisteredPurpose
from clients.resource_models import TokenFormat
from clients.resources import Target
from consent import ledger, rules
from idp import access_tokens, client_tokens, strength, subjects
from idp.access_tokens import About
from idp.authorize import PURPOSE_PREFIX
from idp.errors import ProtocolError
from idp.possession import token_type
from idp.provider import Provider
from idp.released import allowed_claims
from idp.state import find_access_token
from kernel.prebuilt import Row

ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105  # a type, no token
LONGEST = timedelta(minutes=5)


def exchange(
    provider: Provider,
    session: Session,
    client: RegisteredClient,
    values: Mapping[str, str],
    *,
    confirmation: str | None,
    now: datetime,
) -> dict[str, Any]:
    """Return the token response.

    Raises ProtocolError: `invalid_request` for a subject token that does not do, `invalid_target`
    for an interface that is not the agency's own or a service the member did not agree to,
    `invalid_scope` (RFC 8693 2.2.2).
    """
    _require_plain(values)
    row = _subject(session, client, values["subject_token"], confirmation, now=now)
    target = access_tokens.chosen(resources.targets(session, client.id), values.get("resource"))
    server = _server(provider, session, client, target, now=now)
    words = values.get("scope", "").split()
    purpose = _purpose(server, words)
    basis = _agreed(session, row, purpose, now=now)
    scope = client_tokens.scope_of([each for each in words if not _is_purpose(each)], target)
    sub, until = provider.sub_of(row.member_id, server), min(row.expires_at, now + LONGEST)
    subjects.remember(session, sub, member_id=row.member_id, sector=server.sector)
    about = About(
        client_id=client.client_id,
        sub=sub,
        scope=scope,
        confirmation=confirmation,
        login={"acr": row.acr, "act": {"sub": client.client_id}},
    )
    token = access_tokens.new(provider, session, target, about, until=until, now=now)
    kept = {"grant_id": row.id, "purpose_id": purpose.id, "sub": sub, "acr": row.acr}
    client_tokens.keep(session, client, target, about, token, until=until, now=now, **kept)
    footprint.record(
        session,
        Kind.RELEASED,
        member_id=row.member_id,
        now=now,
        client_id=server.id,
        purpose_id=purpose.id,
        basis=basis,
        channel="exchange",
        grant=str(row.id),
    )
    return {
        "access_token": token,
        "issued_token_type": ACCESS_TOKEN,
        "token_type": token_type(confirmation),
        "expires_in": int((until - now).total_seconds()),
        "scope": scope,
    }


def _require_plain(values: Mapping[str, str]) -> None:
    """Take one kind of token for the same kind; the client itself is who acts."""
    if values["subject_token_type"] != ACCESS_TOKEN:
        raise ProtocolError("invalid_request", "subject_token_type is not supported")
    if values.get("requested_token_type", ACCESS_TOKEN) != ACCESS_TOKEN:
        raise ProtocolError("invalid_request", "requested_token_type is not supported")
    if "actor_token" in values or "actor_token_type" in values:
        raise ProtocolError("invalid_request", "the client that asks is the one that acts")
    if "audience" in values:
        raise ProtocolError("invalid_target", "an interface is named by resource (RFC 8707)")


def _subject(
    session: Session,
    client: RegisteredClient,
    token: str,
    confirmation: str | None,
    *,
    now: datetime,
) -> Row:
    """Return the client's own live token of a member, whose consent still stands."""
    refused = ProtocolError("invalid_request", "subject_token is not a live token of this client")
    found = find_access_token(session, token, now=now)
    if found is None or found[0].client_id != client.id:
        raise refused
    row, decisions = found
    if row.audience is not None or row.confirmation not in {None, confirmation}:
        raise refused
    try:
        allowed_claims(client, row, decisions, frozenset(), now=now)
    except ProtocolError:
        raise refused from None
    return row


def _server(
    provider: Provider,
    session: Session,
    client: RegisteredClient,
    target: Target,
    *,
    now: datetime,
) -> RegisteredClient:
    """Return who serves the interface, if it is the same agency's."""
    server = provider.directory.find_by_id(session, target.server_id, now=now)
    if server is None or server.organisation_id != client.organisation_id:
        raise ProtocolError("invalid_target", "the interface is not of this client's agency")
    if target.token_format is TokenFormat.JWT and server.sector != client.sector:
        raise ProtocolError("invalid_target", "a signed token would show another client's name")
    return server


def _is_purpose(word: str) -> bool:
    return word.startswith(PURPOSE_PREFIX)


def _purpose(server: RegisteredClient, words: list[str]) -> RegisteredPurpose:
    named = [each.removeprefix(PURPOSE_PREFIX) for each in words if _is_purpose(each)]
    purpose = server.find_purpose(named[0] if named else None)
    if len(named) > 1 or purpose is None:
        raise ProtocolError("invalid_scope", "flow.purpose_mismatch: not a purpose of this service")
    return purpose


def _agreed(
    session: Session, row: Row, purpose: RegisteredPurpose, *, now: datetime
) -> frozenset[str]:
    """Return the receipts of the member's consent to the other service's own purpose."""
    decisions = ledger.decisions(session, member_id=row.member_id, purpose_id=purpose.id)
    if not rules.releasable(frozenset(), rules.terms_of(purpose), decisions, now=now):
        raise ProtocolError("invalid_target", "the member has not agreed to this service")
    if not strength.is_strong_enough(purpose, row):
        raise ProtocolError("invalid_target", "this service wants a stronger login")
    if not strength.is_new_enough(purpose, row, now=now):
        raise ProtocolError("invalid_target", "this service wants a newer login")
    return frozenset(str(each.receipt_id) for each in decisions if each.claim == "sub")
