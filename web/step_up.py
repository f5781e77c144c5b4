"""The page that keeps the person and asks for the missing strength (regulation 2(8)2)."""

from flask import redirect, url_for
from werkzeug.wrappers import Response

from idp import acr
from idp.interaction import StepUp
from kernel.errors import Refused
from web import interactions, methods, pages, passkeys, scope
from web.interactions import Open, Page, bp, go_on, still_open
from web.login import LoginLocked
from web.views import client_view

PASSKEY = 2  # the level a passkey reaches
UNMET = "unmet_authentication_requirements"  # OpenID Connect Core Unmet Authentication Req. 1.0


@bp.get("/step-up")
@still_open
def step_up_page(current: Open) -> Page:
    """Show the page, if more strength is what comes next."""
    following = current.next()
    if not isinstance(following, StepUp):
        return go_on(current, following)
    return _show(current)


def _show(current: Open, error: str = "", status: int = 200) -> Page:
    following = current.next()
    only_certificate = isinstance(following, StepUp) and acr.level(following.acr) > PASSKEY
    has_passkey = passkeys.has_one(scope.member_id()) and not only_certificate
    page = pages.page(
        "step_up.html",
        client=client_view(current.asked.client),
        person=pages.person(),
        passkey=passkeys.form(current.url("step_up"), str(current.row.id)) if has_passkey else None,
        ways=methods.ways(current.row.id, following, essential=current.asked.essential_acr),
        only_certificate=only_certificate,
        add_url=_add_url(current, only_certificate=only_certificate),
        error=error,
        cancel_url=current.url("give_up"),
    )
    return Response(page, status, mimetype="text/html")


def _add_url(current: Open, *, only_certificate: bool) -> str:
    """Return where to add what is missing; from there the member comes back here."""
    if only_certificate:
        return url_for("account.new_card", kind="certificate", next=current.url("step"))
    return url_for("account.new_carrier", next=current.url("step"))


@bp.post("/step-up")
@still_open
def step_up(current: Open) -> Page:
    """Check the passkey's answer; it must be the passkey of the member who is here."""
    if not isinstance(current.next(), StepUp):
        return redirect(current.url("step"), 303)
    interaction_id = current.row.id
    try:
        passkeys.attempt(str(interaction_id), only=scope.member_id())
    except (LoginLocked, Refused) as problem:
        return _show(current, *passkeys.trouble(problem))
    interactions.mark_authenticated(interaction_id)
    return redirect(current.url("step"), 303)


@bp.post("/step-up/leave")
@still_open
def give_up(current: Open) -> Page:
    """Go back to the client, which learns whether the member would not or could not."""
    if isinstance(current.next(), StepUp) and not _has_a_way(current):
        return interactions.refuse(current, UNMET, "the member has no way to reach that acr")
    return interactions.refuse(current, "access_denied", "the member cancelled")


def _has_a_way(current: Open) -> bool:
    following = current.next()
    by_passkey = isinstance(following, StepUp) and acr.level(following.acr) <= PASSKEY
    return (by_passkey and passkeys.has_one(scope.member_id())) or bool(methods.offered(following))
