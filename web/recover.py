"""忘記帳號、忘記密碼: two services (7(8)) that answer before anybody has looked who is asking.

Strangers, members, suspended members and children get the same pages, for the same statements: what
was typed is kept sealed, and the worker looks later (`recover_finding`). The rest of the pages:
`recover_code`, `recover_slip`.
"""

from datetime import timedelta
from http import HTTPStatus

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from kernel import jobs
from kernel.clock import taipei_day
from kernel.db import transaction
from kernel.errors import Refused
from kernel.refusals import refusal
from kernel.throttle import Policy
from members import birth_days, numbers, recovery
from members.logins import LONGEST, normalise
from members.recovery_models import Wanted
from web import cookies, csrf, login, pages, scope
from web.login import LoginLocked

bp = Blueprint("recover", __name__, url_prefix="/recover")
KIND = "recovery.find"  # the job that looks for the member
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NAMED = Policy(name="recover-named", limit=5, window=DAY, lockout=DAY)
NETWORK = Policy(name="recover-network", limit=20, window=HOUR, lockout=HOUR)


bp.before_request(csrf.only_our_forms)


@bp.get("")
def index() -> str:
    """Explain every way there is, as DoIT set them (7(8))."""
    return pages.page("recover/index.html", hours=hours())


def hours() -> int:
    """Return how long a password that came by mail alone is restricted."""
    return recovery.RESTRICTED_FOR // HOUR


@bp.get("/password")
def password() -> Response:
    """Ask for the account name."""
    return _ask_password()


@bp.post("/password")
def find_password() -> Response:
    """Note that somebody forgot the password of an account, be there one or not."""
    typed = request.form.get("login_id", "")[:LONGEST].strip()
    if not normalise(typed):
        return _ask_password(("login_id", pages.say("請輸入帳號")))
    try:
        return _noted(Wanted.PASSWORD, {"login": typed}, about=normalise(typed))
    except LoginLocked as locked:
        words = login.locked_words(locked)
        return _ask_password(("login_id", words), status=HTTPStatus.TOO_MANY_REQUESTS)


@bp.get("/account")
def account() -> Response:
    """Ask for the identity number and the birth date."""
    return _ask_account()


@bp.post("/account")
def find_account() -> Response:
    """Note that somebody forgot the account name that goes with a number."""
    born = birth_day(request.form.get("birthdate", "")[:LONGEST])
    try:
        number = numbers.recognise(request.form.get("number", "")[:LONGEST]).value
    except Refused as refused:
        return _ask_account(("number", refusal(refused.code).title.text(pages.language())))
    if not born:
        return _ask_account(("birthdate", pages.say("請輸入出生日期")))
    try:
        return _noted(Wanted.ACCOUNT, {"number": number, "birthdate": born}, about=number)
    except LoginLocked as locked:
        words = login.locked_words(locked)
        return _ask_account(("number", words), status=HTTPStatus.TOO_MANY_REQUESTS)


def birth_day(typed: str) -> str:
    """Return a birth date as it is kept, however it was typed; empty if it is none."""
    try:
        return birth_days.read(typed, today=taipei_day(scope.now()))
    except Refused:
        return ""


def _noted(wanted: Wanted, typed: dict[str, str], *, about: str) -> Response:
    count((NETWORK, login.network()), (NAMED, about))
    session, now = scope.db(), scope.now()
    recovery_id = recovery.ask(
        session,
        wanted,
        typed,
        browser=cookies.browser(),
        language=pages.language(),
        keyring=scope.rooms().keyring,
        now=now,
    )
    jobs.enqueue(session, KIND, {"recovery": str(recovery_id)}, now=now)
    return redirect(url_for("recover.code", recovery_id=recovery_id), 303)


def count(*counted: tuple[Policy, str]) -> None:
    """Count before the work, members and strangers alike. Raises LoginLocked.

    The counts are kept whatever comes of the attempt.
    """
    secret = scope.rooms().throttle_key
    scope.keep()
    for policy, value in counted:
        with transaction(scope.rooms().sessions) as session:
            verdict = policy.hit(session, policy.key(value, secret=secret), now=scope.now())
        if verdict.retry_at is not None:
            raise LoginLocked(verdict.retry_at)


def _ask_password(*errors: tuple[str, str], status: int = 0) -> Response:
    page = pages.page(
        "recover/password.html",
        errors=list(errors),
        login_hint=request.form.get("login_id", "")[:LONGEST],
        hours=hours(),
    )
    return Response(page, status or (422 if errors else 200), mimetype="text/html")


def _ask_account(*errors: tuple[str, str], status: int = 0) -> Response:
    page = pages.page(
        "recover/account.html",
        errors=list(errors),
        number=request.form.get("number", "")[:LONGEST],
        birthdate=request.form.get("birthdate", "")[:LONGEST],
    )
    return Response(page, status or (422 if errors else 200), mimetype="text/html")
