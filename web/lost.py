"""Report a loss without signing in: one step, and strangers learn nothing by it (7(7))."""

from datetime import timedelta
from typing import TypeGuard

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from kernel.db import transaction
from kernel.throttle import Policy
from members import register
from members.logins import normalise
from members.models import Member
from web import csrf, last_carrier, login, losses, pages, recover, scope
from web.login import LoginLocked

bp = Blueprint("lost", __name__, url_prefix="/lost")
DAY = timedelta(days=1)
LONGEST = 128
# A birth date is no secret, so it may be guessed at three times a day, whoever asks.
NAMED = Policy(name="lost-login", limit=3, window=DAY, lockout=DAY)
NETWORK = Policy(
    name="lost-network", limit=20, window=timedelta(hours=1), lockout=timedelta(hours=1)
)


@bp.get("")
def page() -> Response:
    """Show the form, or say what was done with it: the same to everybody."""
    return _show(done="done" in request.args)


@bp.post("")
def report() -> Response:
    """Refuse whatever the member carries, if what was said about them is right."""
    csrf.require()
    typed = request.form.get("login_id", "")[:LONGEST].strip()
    born = recover.birth_day(request.form.get("birthdate", "")[:LONGEST])
    if not typed or not born:
        field = "birthdate" if typed else "login_id"
        words = pages.say("請輸入出生日期") if typed else pages.say("請輸入帳號")
        return _show(error=words, field=field, status=422)
    try:
        _count(typed)
    except LoginLocked as locked:
        return _show(error=login.locked_words(locked), status=429)
    member = register.find_by_login(scope.db(), typed)
    if _is_right(member, born):
        with last_carrier.watched(member.id, actor=None):
            losses.report(scope.db(), member.id, language=pages.language(), now=scope.now())
    return redirect(url_for("lost.page", done="yes"), 303)


def _is_right(member: Member | None, born: str) -> TypeGuard[Member]:
    if member is None or not member.data_key_sealed:
        return False
    held = register.claims_of(member, keyring=scope.rooms().keyring).get("birthdate")
    return bool(held == born)


def _count(typed: str) -> None:
    """Count before the work, members and strangers alike. Raises LoginLocked."""
    secret = scope.rooms().throttle_key
    counted = (
        (NETWORK, NETWORK.key(login.network(), secret=secret)),
        (NAMED, NAMED.key(normalise(typed), secret=secret)),
    )
    scope.keep()
    for policy, key in counted:
        with transaction(scope.rooms().sessions) as session:
            verdict = policy.hit(session, key, now=scope.now())
        if verdict.retry_at is not None:
            raise LoginLocked(verdict.retry_at)


def _show(
    *, done: bool = False, error: str = "", field: str = "login_id", status: int = 200
) -> Response:
    page = pages.page(
        "lost.html",
        done=done,
        error=error,
        error_field=field,
        login_hint=request.form.get("login_id", "")[:LONGEST],
        birthdate=request.form.get("birthdate", "")[:LONGEST],
    )
    return Response(page, status, mimetype="text/html")
