"""The login page between an authorization request and its answer: password or passkey."""

from flask import redirect, request
from werkzeug.wrappers import Response

from idp import acr
from idp.interaction import LogIn, Reason
from kernel.errors import Refused
from web import login, methods, pages, passkeys
from web.interactions import Open, Page, bp, go_on, mark_authenticated, still_open
from web.login import LoginLocked
from web.views import client_view


@bp.get("/login")
@still_open
def login_page(current: Open) -> Page:
    """Show the login page, if logging in is what comes next."""
    following = current.next()
    if not isinstance(following, LogIn):
        return go_on(current, following)
    return show_login(current, following)


def show_login(
    current: Open,
    following: LogIn,
    *,
    error: str = "",
    field: str = "login_id",
    status: int = 200,
) -> Page:
    """Render the login page of an interaction."""
    page = pages.page(
        "login.html",
        action=current.url("log_in"),
        client=client_view(current.asked.client),
        notes=_notes(current, following),
        login_hint=request.form.get("login_id", current.asked.login_hint)[:128],
        error=error or None,
        error_field=field if error else None,
        passkey=passkeys.form(current.url("log_in_by_passkey"), str(current.row.id)),
        ways=methods.ways(current.row.id, following, essential=current.asked.essential_acr),
        shared_computer=request.form.get("shared_computer") == "yes",
        restart_url=None,
        cancel_url=current.url("cancel"),
    )
    return Response(page, status, mimetype="text/html")


def _notes(current: Open, following: LogIn) -> list[str]:
    client = current.asked.client.name.text(pages.language())
    words = {
        Reason.CLIENT_ASKED: pages.say("「%(client)s」要求您重新登入。", client=client),
        Reason.TOO_LONG_AGO: pages.say(
            "上次登入太久以前，「%(client)s」要求您重新登入。", client=client
        ),
        Reason.OTHER_MEMBER: pages.say("「%(client)s」在等另一位會員登入。", client=client),
    }
    notes = [words[following.reason]] if following.reason in words else []
    if not acr.reaches(acr.ACR[1], current.asked.essential_acr):
        notes.append(pages.say("這項服務要用憑證；用別的方式登入之後，還會再問一次。"))
    elif not acr.reaches(acr.ACR[0], current.asked.essential_acr):
        notes.append(pages.say("這項服務要用通行密鑰；用密碼登入之後，還會再問一次。"))
    return notes


@bp.post("/login")
@still_open
def log_in(current: Open) -> Page:
    """Try the login and go on, or show the page again with what to do."""
    following = current.next()
    if not isinstance(following, LogIn):
        return redirect(current.url("step"), 303)
    interaction_id = current.row.id
    try:
        login.attempt(request.form)
    except LoginLocked as locked:
        return show_login(current, following, error=login.locked_words(locked), status=429)
    except Refused as refused:
        return show_login(current, following, error=login.failed_words(refused))
    mark_authenticated(interaction_id)
    return redirect(current.url("consent_page"), 303)  # it leads on whoever is not asked


@bp.post("/passkey")
@still_open
def log_in_by_passkey(current: Open) -> Page:
    """Try the passkey's answer and go on, or show the page again with what to do."""
    following = current.next()
    if not isinstance(following, LogIn):
        return redirect(current.url("step"), 303)
    interaction_id = current.row.id
    try:
        passkeys.attempt(str(interaction_id))
    except (LoginLocked, Refused) as problem:
        words, status = passkeys.trouble(problem)
        return show_login(current, following, error=words, field="", status=status)
    mark_authenticated(interaction_id)
    return redirect(current.url("consent_page"), 303)  # it leads on whoever is not asked
