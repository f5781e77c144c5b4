"""Gather what `idp.interaction` decides on, and know the page of each step.

Who is here, what they decided, what is reachable.
"""

from typing import cast
from uuid import UUID

from flask import g, request, url_for

from carriers import bindings
from carriers.models import CarrierKind
from clients.directory import RegisteredClient
from consent import ledger
from consent.rules import Decided
from idp import acr, through_browser
from idp.interaction import AskConsent, ChooseAccount, Issue, LogIn, SignedIn, Step, StepUp
from idp.provider import Provider
from idp.requests import AuthorizationRequest
from web import cookies, methods, scope
from web.sessions import Visitor

PAGES: dict[type[Step], str] = {
    LogIn: "login_page",
    ChooseAccount: "account_page",
    StepUp: "step_up_page",
    AskConsent: "consent_page",
    Issue: "step",  # it sends the browser on
}


def endpoint_of(step: Step) -> str:
    """Return the name of the page a step is shown on."""
    return f"interactions.{PAGES[type(step)]}"


def page_of(step: Step, interaction_id: UUID) -> str:
    """Return the address of the page a step is shown on."""
    return url_for(endpoint_of(step), interaction_id=interaction_id)


def ready(asked: AuthorizationRequest) -> AuthorizationRequest:
    """Have at hand what an answer to this request is encrypted with, before anything is written.

    Who is not signed in and sends no form gets a page, and waits for no client's site.
    """
    if request.method != "POST" and cookies.session() is None:
        return asked
    return through_browser.ready(scope.rooms().provider, scope.db(), asked, now=scope.now())


def signed_in(asked: AuthorizationRequest) -> SignedIn | None:
    """Return the member signed in here, under the name the asking client knows."""
    visitor = scope.visitor()
    return None if visitor is None else known_as(visitor, asked, scope.rooms().provider)


def known_as(visitor: Visitor, asked: AuthorizationRequest, provider: Provider) -> SignedIn:
    """Return a visitor under the name the asking client knows."""
    hint, sector = asked.hint_sub, asked.client.sector
    hinted = hint is not None and provider.subjects.is_transient_of(
        hint, visitor.member_id, sector, session_id=visitor.session_id
    )
    return SignedIn(
        session_id=visitor.session_id,
        member_id=visitor.member_id,
        sub=provider.sub_of(visitor.member_id, asked.client),
        acr=visitor.acr,
        amr=visitor.amr,
        authenticated_at=visitor.authenticated_at,
        began_at=visitor.began_at,
        hinted=hinted,
    )


def decisions(asked: AuthorizationRequest, present: SignedIn | None) -> tuple[Decided, ...]:
    """Return what the member decided earlier about this purpose, looked up once a request."""
    if present is None:
        return ()
    key, known = (present.member_id, asked.purpose.id), g.setdefault("decisions", {})
    if key not in known:
        known[key] = ledger.decisions(scope.db(), member_id=key[0], purpose_id=key[1])
    return cast("tuple[Decided, ...]", known[key])


def forget_decisions() -> None:
    """Look them up again: the member has just decided."""
    g.pop("decisions", None)


def reachable(asked: AuthorizationRequest, present: SignedIn | None) -> frozenset[str]:
    """Return the acr values that can be established here.

    What a client only wishes for is not asked of a member who has nothing to fulfil it with
    (OIDC Core 3.1.2.1); what it demands is explained to them (`step_up`).
    """
    offered = scope.rooms().reachable
    wish = () if asked.essential_acr else asked.acr_values
    if present is None or acr.reaches(present.acr, wish):
        return offered
    own = methods.reached_by(present.member_id, present.amr) | {present.acr}
    if bindings.has_usable(scope.db(), present.member_id, CarrierKind.PASSKEY):
        own |= frozenset(acr.ACR[:2])
    return offered & own


def host_of(client: RegisteredClient) -> str:
    """Return the registered host of a client, to be shown beside its name."""
    return client.home_uri.split("//", 1)[-1].split("/", 1)[0]
