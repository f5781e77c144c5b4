"""Ask for the password again before what cannot be undone; it counts for five minutes."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from kernel.errors import Refused
from members import register
from web import login, pages, scope
from web.account import bp
from web.login import LoginLocked

P = ParamSpec("P")
R = TypeVar("R")

CONFIRMED_FOR = timedelta(minutes=5)


def is_confirmed() -> bool:
    """Say whether the visitor proved only just now who they are."""
    visitor = scope.visitor()
    return visitor is not None and scope.now() - visitor.authenticated_at < CONFIRMED_FOR


def confirmation_required(view: Callable[P, R]) -> Callable[P, R | Response]:
    """Send the visitor to confirm first, then back to the page; stands under `member_required`.

    A form that comes too late is not kept: the page it stood on is shown again.
    """

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        if is_confirmed():
            return view(*args, **kwargs)
        return redirect(url_for("account.confirm", next=request.path), 303)

    return guarded


@bp.get("/confirm")
@scope.member_required
def confirm() -> str:
    """Ask for the password."""
    return _page("")


@bp.post("/confirm")
@scope.member_required
def confirm_password() -> Response:
    """Check the password as the login page does, and go on to where the visitor was going."""
    member = register.get(scope.db(), scope.member_id())
    form = {"login_id": member.login, "password": request.form.get("password", "")}
    try:
        login.attempt(form)
    except LoginLocked as locked:
        return Response(_page(login.locked_words(locked)), 429, mimetype="text/html")
    except Refused as refused:
        return Response(_page(login.failed_words(refused)), 422, mimetype="text/html")
    return redirect(pages.own_path(request.form.get("next", ""), or_else="account.index"), 303)


def _page(error: str) -> str:
    wanted = request.form.get("next", "") or request.args.get("next", "")
    return pages.page(
        "account/confirm.html",
        action=url_for("account.confirm_password"),
        next=pages.own_path(wanted, or_else="account.index"),
        login=register.get(scope.db(), scope.member_id()).login,
        errors=[("password", error)] if error else [],
    )
