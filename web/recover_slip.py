"""Type the code of a slip, printed at a counter or given by a guardian, and choose a password."""

from datetime import timedelta
from http import HTTPStatus

from flask import redirect, request
from werkzeug.wrappers import Response

from adapters.password import rules
from kernel.errors import Refused
from kernel.refusals import refusal
from kernel.throttle import Policy
from members import recovery
from web import login, pages, recover, recover_ending, scope
from web.login import LoginLocked
from web.recover import bp

SLIPS = Policy(name="recover-slip", limit=15, window=timedelta(hours=1), lockout=timedelta(hours=1))


@bp.get("/slip")
def slip() -> Response:
    """Ask for the code and the new password at once."""
    return _show()


def _show(*errors: tuple[str, str], status: int = 0) -> Response:
    page = pages.page(
        "recover/slip.html",
        errors=list(errors),
        code=request.form.get("code", "")[:64],
        min_length=rules.SHORTEST,
    )
    return Response(page, status or (422 if errors else 200), mimetype="text/html")


@bp.post("/slip")
def use_slip() -> Response:
    """Use the slip up and set the password; a password that will not do leaves the slip as it is.

    Codes are counted as tries, whatever comes of them.
    """
    error = recover_ending.repeated_wrongly(request.form)
    if error is not None:
        return _show(error)
    try:
        recover.count((SLIPS, login.network()))
    except LoginLocked as locked:
        words = login.locked_words(locked)
        return _show(("code", words), status=HTTPStatus.TOO_MANY_REQUESTS)
    try:
        member_id, way = recovery.redeem(scope.db(), request.form.get("code", ""), now=scope.now())
        recover_ending.finish(member_id, request.form["new_password"], way)
    except Refused as refused:
        scope.abandon()
        field = "new_password" if refused.code.startswith("password.") else "code"
        return _show((field, refusal(refused.code).title.text(pages.language())))
    return redirect(recover_ending.onward(member_id, "reset"), 303)
