"""The page where a chip card signs between an authorization request and its answer."""

from flask import redirect
from werkzeug.wrappers import Response

from idp.interaction import StepUp
from kernel.errors import Refused
from web import chip_cards, interactions, methods, pages, scope
from web.interactions import Open, Page, bp, still_open
from web.login import LoginLocked
from web.views import client_view


@bp.get("/chip-card")
@still_open
def chip_card_page(current: Open) -> Page:
    """Show the page, if a chip card leads on from here."""
    if chip_cards.NAME not in methods.offered(current.next()):
        return redirect(current.url("step"), 303)
    return _show(current)


@bp.post("/chip-card")
@still_open
def log_in_by_chip_card(current: Open) -> Page:
    """Check the card's signature and go on, or show the page again with what to do."""
    following = current.next()
    if chip_cards.NAME not in methods.offered(following):
        return redirect(current.url("step"), 303)
    interaction_id = current.row.id
    only = scope.member_id() if isinstance(following, StepUp) else None
    try:
        chip_cards.attempt(str(interaction_id), only=only)
    except (LoginLocked, Refused) as problem:
        return _show(current, *chip_cards.trouble(problem))
    interactions.mark_authenticated(interaction_id)
    return redirect(current.url("step"), 303)


def _show(current: Open, error: str = "", status: int = 200) -> Page:
    adds = isinstance(current.next(), StepUp)
    page = pages.page(
        "chip_card.html",
        card=chip_cards.form(current.url("log_in_by_chip_card"), str(current.row.id)),
        client=client_view(current.asked.client),
        person=pages.person() if adds else None,
        error=error,
        other_ways=current.url("step"),
        cancel_url=current.url("give_up" if adds else "cancel"),
    )
    return Response(page, status, mimetype="text/html")
