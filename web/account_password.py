"""Change the password: every other session ends, and what was issued in it."""

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from adapters.password import rules as password_rules
from adapters.password.passwords import change_password
from audit import footprint
from audit.lines import Kind
from idp import grants
from idp.models import GrantEnd
from kernel.errors import Refused
from kernel.refusals import refusal
from members import register
from web import login, notices, pages, recover_ending, scope, sessions
from web.account import bp
from web.account_confirm import can_do_without_a_password, require_unrestricted
from web.login import LoginLocked
from web.mails import Mail


@bp.get("/password", endpoint="password")
@scope.member_required
def password_page() -> str:
    """Show the form for a new password."""
    require_unrestricted()
    return _password_page([])


def _password_page(errors: list[tuple[str, str]]) -> str:
    return pages.page(
        "account/password.html",
        action=url_for("account.change"),
        errors=errors,
        min_length=password_rules.SHORTEST,
        may_set_anew=can_do_without_a_password(scope.member_id()),
        login=register.get(scope.db(), scope.member_id()).login,
    )


@bp.post("/password")
@scope.member_required
def change() -> Response:
    """Change the password, if the present one is known and the new one will do."""
    require_unrestricted()
    new = request.form.get("new_password", "")
    if new != request.form.get("repeat_password", ""):
        return _not_changed("repeat_password", pages.say("兩次輸入的新密碼不一樣。"))
    try:
        _change(new)
    except LoginLocked as locked:
        return _not_changed("current_password", login.locked_words(locked))
    except Refused as refused:
        scope.abandon()
        if refused.code != "password.current_wrong":
            login.forget_attempts(str(scope.member_id()))
        return _not_changed(*_field_and_words(refused))
    login.forget_attempts(str(scope.member_id()))
    _end_other_sessions()
    return redirect(url_for("account.index", done="password"), 303)


def _change(new: str) -> None:
    member_id, adapter = scope.member_id(), recover_ending.password_adapter()
    login.count_attempt(str(member_id))  # a form to guess passwords in, like the login page
    change_password(
        scope.db(),
        member_id,
        current=request.form.get("current_password", ""),
        new=new,
        hasher=adapter.hasher,
        breaches=adapter.breaches,
        now=scope.now(),
    )


def _end_other_sessions() -> None:
    session, member_id, now, visitor = scope.db(), scope.member_id(), scope.now(), scope.visitor()
    here = None if visitor is None else visitor.session_id
    ended = sessions.end_all(session, member_id=member_id, but=here)
    grants.end_for_member(session, member_id, reason=GrantEnd.LOGGED_OUT, now=now, but_session=here)
    footprint.record(session, Kind.PASSWORD_CHANGED, member_id=member_id, now=now, ended=len(ended))
    notices.mail(
        session, Mail.PASSWORD_CHANGED, member_id=member_id, language=pages.language(), now=now
    )


def _not_changed(field: str, words: str) -> Response:
    return Response(_password_page([(field, words)]), 422, mimetype="text/html")


def _field_and_words(refused: Refused) -> tuple[str, str]:
    field = "current_password" if refused.code == "password.current_wrong" else "new_password"
    return field, refusal(refused.code).title.text(pages.language())
