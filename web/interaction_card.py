"""The page that takes a card between an authorization request and its answer."""

from uuid import UUID

from flask import redirect
from werkzeug.wrappers import Response

from idp.interaction import StepUp
from kernel.errors import Refused
from web import card_pages, interactions, methods, scope
from web.card_ways import ONE_OF_THEM, WAYS
from web.interactions import Open, Page, bp, still_open
from web.login import LoginLocked
from web.views import client_view


@bp.get(f"/{ONE_OF_THEM}")
@still_open
def card_page(current: Open, kind: str) -> Page:
    """Show the page, if such a card leads on from here."""
    if WAYS[kind].NAME not in methods.offered(current.next()):
        return redirect(current.url("step"), 303)
    return _show(current, kind)


@bp.post(f"/{ONE_OF_THEM}")
@still_open
def log_in_by_card(current: Open, kind: str) -> Page:
    """Check what the card brought and go on, or show the page again with what to do."""
    if WAYS[kind].NAME not in methods.offered(current.next()):
        return redirect(current.url("step"), 303)
    interaction_id = current.row.id
    try:
        WAYS[kind].attempt(str(interaction_id), only=_known(current))
    except (LoginLocked, Refused) as problem:
        return _show(current, kind, *WAYS[kind].trouble(problem))
    interactions.mark_authenticated(interaction_id)
    return redirect(current.url("step"), 303)


def _known(current: Open) -> UUID | None:
    """Return the member who adds to a session, None for who logs in."""
    return scope.member_id() if isinstance(current.next(), StepUp) else None


def _show(current: Open, kind: str, error: str = "", status: int = 200) -> Response:
    visitor = scope.visitor() if _known(current) else None
    action = methods.card_url("log_in_by_card", kind, current.row.id)
    return card_pages.show(
        WAYS[kind].form(action, str(current.row.id)),
        error,
        status,
        client=client_view(current.asked.client),
        known=visitor is not None,
        has_password=visitor is not None and "pwd" in visitor.amr,
        other_ways=current.url("step"),
        cancel_url=current.url("give_up" if visitor else "cancel"),
    )
