"""Issue: create the grant and the response that carries its code (OIDC Core 3.1.2.5)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from audit import footprint
from audit.lines import Kind
from clients.response_types import CODE
from consent import rules
from consent.rules import Decided
from idp import pushed, subjects, through_browser
from idp.id_tokens import Login
from idp.interaction import SignedIn
from idp.narrowing import DETAILS, RESOURCE
from idp.provider import Provider
from idp.requests import AuthorizationRequest
from idp.session_names import session_state
from idp.state import AUTH_TIME, GrantState, NewGrant
from kernel.keyring import Keyring

CLAIMS = "claims"
KEPT = ("client_id", "redirect_uri", "nonce", CLAIMS, "code_challenge")


class _Nobody(dict[str, dict[str, str]]):
    """What pyop may know of a member when it makes a code: nothing."""

    def __missing__(self, key: str) -> dict[str, str]:
        return {}


def issue(
    provider: Provider,
    session: Session,
    request: AuthorizationRequest,
    signed_in: SignedIn,
    decisions: Iterable[Decided],
    *,
    keyring: Keyring,
    is_noted: bool = False,
    now: datetime,
) -> dict[str, str]:
    """Create a grant, note it in the footprint; return the authorization response's parameters.

    Who knows that the way back from the member's name `is_noted` saves noting it again.
    Raises AuthorizationRefused if the request was pushed and answered before.
    """
    pushed.spend(session, request, now=now)
    sub = _name(provider, request, signed_in, decisions, now=now)
    if sub == signed_in.sub and not is_noted:  # known again from now on, by whichever way it came
        subjects.remember(session, sub, member_id=signed_in.member_id, sector=request.client.sector)
    new = _new_grant(request, signed_in, sub)
    if request.response_type == CODE:
        state = GrantState(session, lifetimes=provider.lifetimes, now=now, new_grant=new)
        bound = provider.at_work(state, _Nobody(), client=request.client)
        told = dict(bound.authorize(request.message, str(signed_in.member_id)).to_dict())
    else:
        told = through_browser.respond(
            provider, session, request, new, decisions, keyring=keyring, now=now
        )
    footprint.record(
        session,
        Kind.SIGNED_IN,
        member_id=signed_in.member_id,
        now=now,
        client_id=request.client.id,
        purpose_id=request.purpose.id,
    )
    asks_by = _session_state(provider, request, signed_in) if sub == signed_in.sub else None
    return told if asks_by is None else {**told, "session_state": asks_by}


def _new_grant(request: AuthorizationRequest, signed_in: SignedIn, sub: str) -> NewGrant:
    return NewGrant(
        member_id=signed_in.member_id,
        client_id=request.client.id,
        purpose_id=request.purpose.id,
        session_id=signed_in.session_id,
        sub=sub,
        login=Login(
            acr=signed_in.acr,
            amr=signed_in.amr,
            authenticated_at=signed_in.authenticated_at,
        ),
        request=_kept(request),
    )


def _session_state(
    provider: Provider, request: AuthorizationRequest, signed_in: SignedIn
) -> str | None:
    """Return what the client may ask our frame about; a stranger's two visits would be joined."""
    browser_state = provider.session_names.browser_state(signed_in.session_id)
    client_id = request.client.client_id
    return session_state(client_id, request.to.redirect_uri, browser_state)


def _name(
    provider: Provider,
    request: AuthorizationRequest,
    signed_in: SignedIn,
    decisions: Iterable[Decided],
    *,
    now: datetime,
) -> str:
    """Return the name the client will know: stable, or good for this grant only (10(4))."""
    client, terms = request.client, rules.terms_of(request.purpose)
    if rules.may_recognise(client.kind, terms, decisions, now=now):
        return signed_in.sub
    return provider.subjects.new_transient(
        signed_in.member_id, client.sector, session_id=signed_in.session_id
    )


def _kept(request: AuthorizationRequest) -> dict[str, Any]:
    """Return the part of the request the tokens rest on, to be stored with the grant."""
    message = request.message
    kept = {name: message[name] for name in KEPT if name in message}
    kept["response_type"] = request.response_type  # the message has a list of words
    if CLAIMS in kept:  # the one value that is a message itself
        kept[CLAIMS] = kept[CLAIMS].to_dict()
    if "dpop_jkt" in request.parameters:
        kept["dpop_jkt"] = request.parameters["dpop_jkt"]
    if request.resource is not None:
        kept[RESOURCE] = request.resource
    if request.details:
        kept[DETAILS] = [each.form() for each in request.details]
    return kept | {"scope": list(request.scopes), AUTH_TIME: request.wants_auth_time}
