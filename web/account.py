"""The front of the member's own pages: signing in and out of them, and the overview.

The other pages hang on the same blueprint: `account_carriers`, `account_consents`,
`account_sessions`, `account_services`, `account_password`, `account_confirm`, `account_show`,
`receipts`.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import summaries
from carriers import bindings
from consent import receipts
from kernel.errors import Refused
from members import register
from web import (
    account_needs,
    consent_cards,
    csrf,
    front_channel,
    login,
    methods,
    pages,
    passkeys,
    scope,
    sessions,
)
from web.consent_cards import ConsentCard
from web.login import LoginLocked

bp = Blueprint("account", __name__, url_prefix="/account")


bp.before_request(csrf.only_our_forms)


@bp.get("/login", endpoint="login")
def login_page() -> Response | str:
    """Show the login page of the account itself."""
    if scope.visitor() is not None:
        return _go_on()
    return _show_login()


def _next() -> str:
    """Return where the visitor was going, if it is a page of ours."""
    wanted = request.form.get("next", "") or request.args.get("next", "")
    return pages.own_path(wanted, or_else="account.index")


def _go_on() -> Response:
    return redirect(_next(), 303)


def _show_login(error: str = "", status: int = 200, *, field: str = "login_id") -> Response:
    onward = _next()
    page = pages.page(
        "login.html",
        action=url_for("account.log_in"),
        client=None,
        notes=done(),
        login_hint=request.form.get("login_id", "")[:128],
        error=error or None,
        error_field=field if error else None,
        passkey=passkeys.form(url_for("account.log_in_by_passkey"), passkeys.ACCOUNT),
        ways=methods.at_account(onward=None if onward == url_for("account.index") else onward),
        next=onward,
        shared_computer=request.form.get("shared_computer") == "yes",
        restart_url=None,
        cancel_url=None,
    )
    return Response(page, status, mimetype="text/html")


@bp.post("/login")
def log_in() -> Response:
    """Try the login and go to the account."""
    try:
        login.attempt(request.form)
    except LoginLocked as locked:
        return _show_login(login.locked_words(locked), 429)
    except Refused as refused:
        return _show_login(login.failed_words(refused))
    return _go_on()


@bp.post("/login/passkey")
def log_in_by_passkey() -> Response:
    """Try the passkey's answer and go to the account."""
    try:
        passkeys.attempt(passkeys.ACCOUNT)
    except (LoginLocked, Refused) as problem:
        return _show_login(*passkeys.trouble(problem), field="")
    return _go_on()


@bp.post("/logout")
def logout() -> Response:
    """Sign out of this browser, also if its session ran out while the page was open."""
    home = url_for("pages.home")
    done = login.sign_out_here()
    told = front_channel.page(done.over, onward=home, is_private=done.is_private)
    return told or redirect(home, 303)


@dataclass(frozen=True)
class _MemberView:
    login: str
    since: datetime


@bp.get("")
@scope.member_required
def index() -> str:
    """Show what needs attention and the way to everything else."""
    member = register.get(scope.db(), scope.member_id())
    open_sessions = sessions.listed(scope.db(), member.id, now=scope.now())
    cards = consent_cards.live(scope.member_id(), now=scope.now())
    return pages.page(
        "account/index.html",
        person=pages.person(),
        member=_MemberView(member.login, member.approved_at),
        needs=account_needs.listed(),
        needed=[card for card in cards if card.ends_soon or card.unused],
        consents_count=len(cards),
        sessions_count=len(open_sessions),
        carriers_count=len(bindings.live(scope.db(), member.id)),
        last_login=summaries.login_before_this(scope.db(), member_id=member.id),
        receipt=_latest_receipt(cards),
        flashes=done(),
    )


def _latest_receipt(cards: list[ConsentCard]) -> ConsentCard | None:
    """Return the card of the newest consent while it is news: the receipt is due at once."""
    newest = receipts.newest(scope.db(), member_id=scope.member_id())
    if newest is None:
        return None
    return next((card for card in cards if card.receipt_id == newest.id), None)


def done() -> list[str]:
    """Say what the form before this page did; the address names it, the words are ours."""
    return pages.just_done(
        {
            "withdrawn": pages.say("已撤回。對方立刻不能再向我們取得您的資料。"),
            "unmarketed": pages.say("您不讓對方行銷了。我們已經通知對方，馬上生效，不用錢。"),
            "reset": pages.say("密碼已重設，請用新密碼登入。"),
            "reset_by_mail": pages.say(
                "密碼已重設，請用新密碼登入。72 小時內，有些事要用卡片、通行密鑰或臨櫃辦理。"
            ),
            "agreed": pages.say("已同意。申請人會在進度裡看到。"),
            "activated": pages.say("啟用完成，請用新帳號登入。"),
            "password": pages.say("密碼已變更，其他裝置都已登出。"),
            "carrier": pages.say("已新增通行密鑰，下次可以用它登入。"),
            "certified": pages.say("數位憑證發好了，可以在這裡下載。"),
            "certificate": pages.say("已綁定憑證，下次可以用它登入。"),
            "chip-card": pages.say("已新增晶片卡，下次插卡就能登入。"),
            "card": pages.say("已新增卡片，下次可以用它登入。"),
            "renamed": pages.say("名稱已變更。"),
            "lost": pages.say("已掛失，立刻不能再用；用它登入的地方都已登出。"),
            "found": _found(),
            "removed": pages.say("已移除，不能再用它登入。"),
            "disowned": pages.say("申請已撤銷。謝謝您告訴我們。"),
            "session": pages.say("已登出那一處。"),
            "asked": pages.say("已送出申請，機關決定後會通知您。"),
            "withdrawn_service": pages.say("已撤回申請。"),
            "disputed": pages.say("已記下。這筆紀錄從現在起不會被當成「沒有」，權利不受影響。"),
        }
    )


def _found() -> str:
    visitor = scope.visitor()
    if visitor is None or not visitor.is_restricted:
        return pages.say("已恢復，可以再用它登入。")
    return pages.say(
        "已恢復，可以再用它登入。用密碼登入時，三天內有些事還不能辦；登出後只用它登入，就都能辦。"
    )


def is_here(session_id: UUID) -> bool:
    """Say whether this is the session of this very browser."""
    visitor = scope.visitor()
    return visitor is not None and visitor.session_id == session_id
