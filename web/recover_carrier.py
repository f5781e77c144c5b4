"""Set a new password without the old one, on showing a carrier: at once, and without limits."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from adapters.password import rules
from idp import acr
from kernel.errors import Refused
from kernel.refusals import refusal
from members import register
from members.recovery_models import Way
from web import pages, recover_ending, scope
from web.account import bp
from web.account_confirm import can_do_without_a_password, strongest_required

P = ParamSpec("P")
R = TypeVar("R")


def carrier_required(view: Callable[P, R]) -> Callable[P, R]:
    """Refuse a password, which is what was forgotten. Raises `recovery.carrier_required`.

    Asked before anybody is sent to confirm, who would be sent there for ever with nothing to show.
    """

    @wraps(view)
    def shown(*args: P.args, **kwargs: P.kwargs) -> R:
        visitor = scope.visitor()
        is_shown = visitor is not None and acr.reaches(visitor.acr, acr.ACR[1:2])
        if not is_shown and not can_do_without_a_password(scope.member_id()):
            raise Refused("recovery.carrier_required")
        return view(*args, **kwargs)

    return shown


@bp.get("/password/new", endpoint="new_password")
@scope.member_required
@carrier_required
@strongest_required
def page() -> Response:
    """Show the form to whom a carrier identified just now."""
    return _show()


def _show(*errors: tuple[str, str]) -> Response:
    page = pages.page(
        "account/new_password.html",
        action=url_for("account.set_password"),
        login=register.get(scope.db(), scope.member_id()).login,
        min_length=rules.SHORTEST,
        errors=list(errors),
    )
    return Response(page, 422 if errors else 200, mimetype="text/html")


@bp.post("/password/new", endpoint="set_password")
@scope.member_required
@carrier_required
@strongest_required
def save() -> Response:
    """Set the password; every other session ends, and so does a restriction."""
    error = recover_ending.repeated_wrongly(request.form)
    if error is not None:
        return _show(error)
    try:
        recover_ending.finish(scope.member_id(), request.form["new_password"], Way.CARRIER)
    except Refused as refused:
        if not refused.code.startswith("password."):
            raise
        scope.abandon()
        return _show(("new_password", refusal(refused.code).title.text(pages.language())))
    return redirect(url_for("account.index", done="password"), 303)
