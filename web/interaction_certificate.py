"""The page of a sign-in that asks for a certificate: logs in, or adds what is missing."""

from uuid import UUID

from flask import redirect
from werkzeug.wrappers import Response

from idp.interaction import StepUp
from kernel.errors import Refused
from web import certificates, interactions, methods, pages, scope
from web.interactions import Open, Page, bp, still_open
from web.login import LoginLocked
from web.views import client_view


@bp.get("/certificate")
@still_open
def certificate_page(current: Open) -> Page:
    """Ask for a certificate, or go on with the one presented."""
    if certificates.NAME not in methods.offered(current.next()):
        return redirect(current.url("step"), 303)
    return _show(current)


def _show(current: Open, error: str = "", status: int = 200) -> Page:
    known = _known(current)
    page = pages.page(
        "certificate.html",
        form=certificates.form(current.url("log_in_by_certificate"), str(current.row.id)),
        client=client_view(current.asked.client),
        person=pages.person() if known else None,
        error=error,
        other_ways=current.url("step"),
        cancel_url=current.url("give_up" if known else "cancel"),
    )
    return Response(page, status, mimetype="text/html")


def _known(current: Open) -> UUID | None:
    """Return the member who adds to a session, None for who logs in."""
    return scope.member_id() if isinstance(current.next(), StepUp) else None


@bp.post("/certificate")
@still_open
def log_in_by_certificate(current: Open) -> Page:
    """Check the certificate and go on, or say what is wrong with it."""
    if certificates.NAME not in methods.offered(current.next()):
        return redirect(current.url("step"), 303)
    interaction_id = current.row.id
    try:
        certificates.attempt(str(interaction_id), only=_known(current))
    except (LoginLocked, Refused) as problem:
        return _show(current, *certificates.trouble(problem))
    interactions.mark_authenticated(interaction_id)
    return redirect(current.url("step"), 303)
