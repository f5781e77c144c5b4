"""Set a new password without the old one, on showing a carrier: at once, and without limits."""

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
from web.account_confirm import strongest_required


@bp.get("/password/new", endpoint="new_password")
@scope.member_required
@strongest_required
def page() -> Response:
    """Show the form to whom a carrier identified just now."""
    _require_carrier()
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


def _require_carrier() -> None:
    """Refuse a password, which is what was forgotten. Raises `recovery.identity_unproven`."""
    visitor = scope.visitor()
    if visitor is None or not acr.reaches(visitor.acr, acr.ACR[1:2]):
        raise Refused("recovery.identity_unproven")


@bp.post("/password/new", endpoint="set_password")
@scope.member_required
@strongest_required
def save() -> Response:
    """Set the password; every other session ends, and so does a restriction."""
    _require_carrier()
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
