"""Choose account name and password, once, with the code of the letter (2(8)1).

The code alone is not enough: letters go astray, so the birth date is asked for as well. Whether
the code or the date was wrong is not said.
"""

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from adapters.password import rules as password_rules
from adapters.password.adapter import PasswordAdapter
from adapters.password.passwords import set_password
from audit import footprint
from audit.lines import Kind
from kernel.clock import taipei_day
from kernel.errors import NotFound, Refused
from kernel.ids import typed_code
from members import birth_days, contact_proofs, invitations, register, standing
from members.application_models import Invitation
from web import csrf, login, pages, scope, turned_away
from web.login import LoginLocked

bp = Blueprint("activate", __name__, url_prefix="/activate")
LONGEST = 128
FIELDS = {
    "activation.wrong": "code",
    "activation.used": "code",
    "member.login_format": "login_id",
    "member.login_taken": "login_id",
}


@bp.get("")
def page() -> str:
    """Show the form; a link from a letter has filled in the code."""
    return _page([])


def _page(errors: list[tuple[str, str]]) -> str:
    return pages.page(
        "activate/page.html",
        errors=errors,
        code=request.values.get("code", "")[:LONGEST],
        sent=request.values.get("sent", "")[:LONGEST],
        birth_date=request.form.get("birth_date", "")[:LONGEST],
        login_id=request.form.get("login_id", "")[:LONGEST],
        min_length=password_rules.SHORTEST,
    )


@bp.post("")
def choose() -> Response:
    """Take the name and the password, and lead to the login page."""
    csrf.require()
    code, new = request.form.get("code", "")[:LONGEST], request.form.get("new_password", "")
    if new != request.form.get("repeat_password", ""):
        return _again("repeat_password", pages.say("兩次輸入的密碼不一樣。"))
    try:
        _choose(code, new)
    except LoginLocked as locked:
        return _again("code", login.locked_words(locked))
    except Refused as refused:
        scope.abandon()
        if refused.code != "activation.wrong":
            login.forget_attempts(_guessed(code))
        field = FIELDS.get(refused.code, "new_password")
        return _again(field, turned_away.title(refused.code))
    login.forget_attempts(_guessed(code))
    return redirect(url_for("account.login", done="activated"), 303)


def _again(field: str, words: str) -> Response:
    return Response(_page([(field, words)]), 422, mimetype="text/html")


def _choose(code: str, new: str) -> None:
    login.count_attempt(_guessed(code))
    session, now, adapter = scope.db(), scope.now(), _password_adapter()
    invitation = _invitation(code)
    member_id = invitations.accept(
        session, invitation.id, request.form.get("login_id", "")[: 4 * LONGEST], now=now
    )
    set_password(session, member_id, new, hasher=adapter.hasher, breaches=adapter.breaches, now=now)
    contact_proofs.confirm_mail(
        session,
        member_id,
        invitation.id,
        request.form.get("sent", "")[:LONGEST],
        keyring=scope.rooms().keyring,
    )
    footprint.record(session, Kind.ACCOUNT_OPENED, member_id=member_id, now=now)


def _invitation(code: str) -> Invitation:
    """Return the invitation of whoever knows the code and the birth date.

    Raises Refused `activation.wrong`, or as `standing.require_active`.
    """
    found = invitations.find(scope.db(), code, now=scope.now())
    born = _born()
    if found is None or not born:
        raise Refused("activation.wrong")
    member = register.get(scope.db(), found.member_id)
    standing.require_active(member.standing)
    if register.claims_of(member, keyring=scope.rooms().keyring).get("birthdate") != born:
        raise Refused("activation.wrong")
    return found


def _born() -> str:
    typed = request.form.get("birth_date", "")[:LONGEST]
    try:
        return birth_days.read(typed, today=taipei_day(scope.now()))
    except Refused:
        return ""


def _guessed(code: str) -> str:
    return f"invitation/{typed_code(code)}"


def _password_adapter() -> PasswordAdapter:
    adapter = scope.rooms().adapters.get("password")
    if not isinstance(adapter, PasswordAdapter):
        raise NotFound("password.not_offered")
    return adapter
