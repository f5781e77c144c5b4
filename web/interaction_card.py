"""The page that reads a card between an authorization request and its answer."""

from flask import redirect, request
from werkzeug.wrappers import Response

from idp.interaction import StepUp
from kernel.errors import Refused
from web import cards, interactions, methods, pages, scope
from web.interactions import Open, Page, bp, still_open
from web.login import LoginLocked
from web.views import client_view


@bp.get(f"/by/{cards.NAME}")
@still_open
def card_page(current: Open) -> Page:
    """Show the page, if a card leads on from here."""
    if cards.NAME not in methods.offered(current.next()):
        return redirect(current.url("step"), 303)
    return _show(current)


@bp.post(f"/by/{cards.NAME}")
@still_open
def log_in_by_card(current: Open) -> Page:
    """Check the card and the password and go on, or show the page again with what to do."""
    following = current.next()
    if cards.NAME not in methods.offered(following):
        return redirect(current.url("step"), 303)
    interaction_id = current.row.id
    only = scope.member_id() if isinstance(following, StepUp) else None
    try:
        cards.attempt(str(interaction_id), only=only)
    except (LoginLocked, Refused) as problem:
        return _show(current, *cards.trouble(problem))
    interactions.mark_authenticated(interaction_id)
    return redirect(current.url("step"), 303)


def _show(current: Open, error: str = "", status: int = 200) -> Page:
    visitor = scope.visitor() if isinstance(current.next(), StepUp) else None
    page = pages.page(
        "card.html",
        card=cards.form(request.path, str(current.row.id)),
        client=client_view(current.asked.client),
        hidden={},
        person=pages.person() if visitor else None,
        asks_password=visitor is None or "pwd" not in visitor.amr,
        asks_login=bool(error) and visitor is None,
        login_hint=request.form.get("login_id", "")[:128],
        error=error,
        other_ways=current.url("step"),
        cancel_url=current.url("give_up" if visitor else "cancel"),
    )
    return Response(page, status, mimetype="text/html")
