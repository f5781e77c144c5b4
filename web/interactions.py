"""Walk an interaction from the authorization request to its answer; the pages hang on `bp`."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from clients.directory import RegisteredClient
from consent.parts import Part
from consent.rules import Decided
from idp import awaited, interactions
from idp.errors import AuthorizationRefused
from idp.interaction import MOMENTS, Issue, SignedIn, Step, next_step
from idp.issue import issue
from idp.requests import AuthorizationRequest
from kernel.errors import NotFound
from kernel.prebuilt import Row
from web import cookies, csrf, flow, headers, oidc, pages, scope
from web.views import client_view

bp = Blueprint("interactions", __name__, url_prefix="/interaction/<uuid:interaction_id>")
P = ParamSpec("P")
Page = Response | str


class Open:
    """An interaction that is still waiting, with its request understood again."""

    def __init__(self, row: Row) -> None:
        """Read the stored request. Raises what `idp.authorize` raises if it no longer holds."""
        provider = scope.rooms().provider
        self.row = row
        self.progress = interactions.progress_of(row)
        self.present: SignedIn | None = None
        self.decisions: tuple[Decided, ...] = ()
        asked = interactions.request_of(provider, scope.db(), row, now=scope.now())
        self.asked: AuthorizationRequest = flow.ready(asked)
        if row.awaited_id is None:  # or the device is the member's own, and so is the language
            pages.speak(self.asked.ui_locales)
            headers.allow_form_target(self.asked.to.redirect_uri)

    def url(self, endpoint: str) -> str:
        """Return the address of one of this interaction's pages."""
        return url_for(f"interactions.{endpoint}", interaction_id=self.row.id)

    def next(self) -> Step:
        """Look who is here and what they decided; return what must happen next."""
        self.present = flow.signed_in(self.asked)
        self.decisions = flow.decisions(self.asked, self.present)
        return next_step(
            self.asked,
            self.present,
            self.progress,
            self.decisions,
            reachable=flow.reachable(self.asked, self.present),
            now=scope.now(),
        )

    def mark_answered(self, part: Part) -> None:
        """Note that the member has just answered this part of the consent, or passed it over."""
        flow.forget_decisions()
        interactions.mark(scope.db(), self.row.id, MOMENTS[part], now=scope.now())
        self.progress = replace(self.progress, **{MOMENTS[part]: scope.now()})


def restart_url(row: Row, client: RegisteredClient | None) -> str | None:
    """Return the address that starts the same request again; a pushed one only its client can."""
    if row.awaited_id is not None:
        is_typed = awaited.is_typed(scope.db(), row.awaited_id)
        return url_for("device.page" if is_typed else "account.index")
    if "request_uri" in row.parameters:
        return None if client is None else client.home_uri
    return f"{url_for('oidc.authorize_by_get')}?{urlencode(row.parameters)}"


def still_open(
    view: Callable[Concatenate[Open, P], Page],
) -> Callable[..., Page]:
    """Give the view its interaction; what is over, stale or another browser's ends in a page."""

    @wraps(view)
    def guarded(interaction_id: UUID, *args: P.args, **kwargs: P.kwargs) -> Page:
        if request.method == "POST":
            csrf.require()
        row = interactions.find(scope.db(), interaction_id, browser=cookies.browser())
        if row is None:
            raise NotFound("interaction.not_found")
        if row.finished_at is not None or scope.now() >= row.expires_at:
            return _over(row)
        return view(Open(row), *args, **kwargs)

    return guarded


def _over(row: Row) -> Page:
    provider = scope.rooms().provider
    client = provider.find_client(scope.db(), row.client_id, now=scope.now())
    page = pages.page(
        "expired.html",
        client=None if client is None else client_view(client),
        restart_url=restart_url(row, client),
        finished=row.finished_at is not None,
    )
    return Response(page, 410, mimetype="text/html")


@bp.get("")
@still_open
def step(current: Open) -> Page:
    """Go where the interaction must go next."""
    return go_on(current, current.next())


def go_on(current: Open, following: Step) -> Response:
    """Lead to the page that is due, or back to the client once everything is settled."""
    if isinstance(following, Issue) and current.present is not None:
        return _finish(current, current.present)
    return redirect(flow.page_of(following, current.row.id), 303)


def passed(current: Open, part: Part) -> Response:
    """Lead on after a part of the consent."""
    current.mark_answered(part)
    return go_on(current, current.next())


def _finish(current: Open, present: SignedIn) -> Response:
    session, now, provider = scope.db(), scope.now(), scope.rooms().provider
    if not interactions.finish(session, current.row.id, now=now):
        return redirect(current.url("step"), 303)
    asked, keyring = current.asked, scope.rooms().keyring
    response = issue(provider, session, asked, present, current.decisions, keyring=keyring, now=now)
    return oidc.answer(asked, response)


def mark_authenticated(interaction_id: UUID) -> None:
    """Note that somebody proved who they are; the attempt began a transaction of its own."""
    interactions.mark(scope.db(), interaction_id, "authenticated_at", now=scope.now())


@bp.post("/cancel")
@still_open
def cancel(current: Open) -> Page:
    """Go back to the client without logging in."""
    return refuse(current, "access_denied", "the member cancelled")


def refuse(current: Open, error: str, description: str) -> Response:
    """Go back to the client with an error, once."""
    if not interactions.finish(scope.db(), current.row.id, now=scope.now()):
        return redirect(current.url("step"), 303)
    return oidc.refuse(AuthorizationRefused(error, description, to=current.asked.to))
