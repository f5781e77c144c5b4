"""The member's own pages: consents with withdrawal, sessions, password."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from adapters.password import rules as password_rules
from adapters.password.adapter import PasswordAdapter
from adapters.password.passwords import change_password
from audit import trail
from consent import ledger
from consent.catalogue import in_order
from consent.models import Consent, Decision, EndReason
from idp import grants
from idp.models import GrantEnd
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from members import register
from web import cookies, csrf, login, pages, scope, sessions
from web.login import LoginLocked
from web.views import ClientView, client_view

bp = Blueprint("account", __name__, url_prefix="/account")


@bp.before_request
def _only_our_forms() -> None:
    if request.method == "POST":
        csrf.require()


@bp.get("/login", endpoint="login")
def login_page() -> Response | str:
    """Show the login page of the account itself."""
    if scope.visitor() is not None:
        return redirect(url_for("account.index"), 303)
    return _show_login()


def _show_login(error: str = "", status: int = 200) -> Response:
    page = pages.page(
        "login.html",
        action=url_for("account.log_in"),
        client=None,
        notes=[],
        login_hint=request.form.get("login_id", "")[:128],
        error=error or None,
        error_field="login_id" if error else None,
        methods=[],
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
    return redirect(url_for("account.index"), 303)


@bp.post("/logout")
@scope.member_required
def logout() -> Response:
    """Sign out of this browser."""
    visitor = scope.visitor()
    if visitor is not None:
        login.end_session(visitor.session_id, visitor.member_id)
        cookies.end_session()
    return redirect(url_for("pages.home"), 303)


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
    others = [each.authenticated_at for each in open_sessions if not _is_here(each.id)]
    return pages.page(
        "account/index.html",
        person=pages.person(),
        member=_MemberView(member.login, member.approved_at),
        consents_count=len(_cards()),
        sessions_count=len(open_sessions),
        last_login=max(others, default=None),
        flashes=_done(),
    )


def _done() -> list[str]:
    """Say what the form before this page did; the address names it, the words are ours."""
    words = {
        "withdrawn": pages.say("已撤回。對方立刻不能再向我們取得您的資料。"),
        "password": pages.say("密碼已變更，其他裝置都已登出。"),
        "session": pages.say("已登出那一處。"),
    }
    said = words.get(request.args.get("done", ""))
    return [said] if said else []


def _is_here(session_id: UUID) -> bool:
    visitor = scope.visitor()
    return visitor is not None and visitor.session_id == session_id


@dataclass(frozen=True, kw_only=True)
class PurposeView:
    """The purpose of a consent, as listed."""

    name: Bilingual


@dataclass(frozen=True, kw_only=True)
class ConsentCard:
    """Everything a member agreed to for one purpose."""

    client: ClientView
    purpose: PurposeView
    claims: list[Bilingual]
    given_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    withdraw_url: str
    purpose_id: UUID


@dataclass(frozen=True, kw_only=True)
class EndedConsent:
    """A consent that is over."""

    client: ClientView
    claims: list[Bilingual]
    ended_at: datetime
    reason: str


def _cards() -> list[ConsentCard]:
    live = [
        each
        for each in ledger.listed(scope.db(), member_id=scope.member_id())
        if each.ended_at is None and scope.now() < each.expires_at
    ]
    used = grants.last_used(scope.db(), member_id=scope.member_id())
    by_purpose = groupby(sorted(live, key=_purpose_of), key=_purpose_of)
    cards = (_card(key, list(rows), used.get(key)) for key, rows in by_purpose)
    return sorted((card for card in cards if card), key=lambda card: card.given_at, reverse=True)


def _purpose_of(consent: Consent) -> UUID:
    return consent.purpose_id


def _card(
    purpose_id: UUID, rows: list[Consent], last_used_at: datetime | None
) -> ConsentCard | None:
    client = scope.rooms().provider.directory.find_by_id(
        scope.db(), rows[0].client_id, now=scope.now()
    )
    purpose = None if client is None else client.find_purpose_by_id(purpose_id)
    if client is None or purpose is None:
        return None
    return ConsentCard(
        client=client_view(client),
        purpose=PurposeView(name=purpose.name),
        claims=_labels(rows),
        given_at=max(each.given_at for each in rows),
        expires_at=min(each.expires_at for each in rows),
        last_used_at=last_used_at,
        withdraw_url=url_for("account.withdraw_page", purpose_id=purpose_id),
        purpose_id=purpose_id,
    )


def _labels(rows: Iterable[Consent]) -> list[Bilingual]:
    given = (each.claim for each in rows if each.decision is Decision.GIVEN)
    return [claim.label for claim in in_order(given)]


@bp.get("/consents")
@scope.member_required
def consents() -> str:
    """List what the member agreed to, and what has ended."""
    return pages.page(
        "account/consents.html", consents=_cards(), history=_history(), flashes=_done()
    )


def _history() -> list[EndedConsent]:
    ended = [
        each
        for each in ledger.listed(scope.db(), member_id=scope.member_id())
        if each.end_reason is EndReason.WITHDRAWN and each.ended_at is not None
    ]
    found = []
    for (ended_at, client_id), rows in groupby(
        ended, key=lambda each: (each.ended_at, each.client_id)
    ):
        client = scope.rooms().provider.directory.find_by_id(scope.db(), client_id, now=scope.now())
        if client is not None and ended_at is not None:
            found.append(
                EndedConsent(
                    client=client_view(client),
                    claims=_labels(rows),
                    ended_at=ended_at,
                    reason=pages.say("您撤回了"),
                )
            )
    return found


def _own_card(purpose_id: UUID) -> ConsentCard:
    card = next((each for each in _cards() if each.purpose_id == purpose_id), None)
    if card is None:
        raise NotFound("consent.not_found")
    return card


@bp.get("/consents/<uuid:purpose_id>/withdraw")
@scope.member_required
def withdraw_page(purpose_id: UUID) -> str:
    """Ask once more, saying what withdrawing does."""
    effects = [
        pages.say("對方立刻不能再向我們取得您的資料。"),
        pages.say("對方已經收到的資料，要由對方刪除；您可以直接向對方提出。"),
        pages.say("下次登入時，我們會重新問您。"),
    ]
    return pages.page(
        "account/withdraw.html",
        card=_own_card(purpose_id),
        action=url_for("account.withdraw", purpose_id=purpose_id),
        effects=effects,
    )


@bp.post("/consents/<uuid:purpose_id>/withdraw")
@scope.member_required
def withdraw(purpose_id: UUID) -> Response:
    """Withdraw the consents to one purpose; every grant resting on them ends at once."""
    session, member_id, now = scope.db(), scope.member_id(), scope.now()
    ledger.withdraw(session, member_id=member_id, purpose_id=purpose_id, now=now)
    grants.end_for_purpose(
        session, member_id=member_id, purpose_id=purpose_id, reason=GrantEnd.WITHDRAWN, now=now
    )
    trail.record(session, "consent.withdrawn", actor=member_id, subject=purpose_id, now=now)
    return redirect(url_for("account.consents", done="withdrawn"), 303)


@dataclass(frozen=True, kw_only=True)
class SessionView:
    """One place where the member is signed in."""

    current: bool
    browser: str
    place: str
    created_at: datetime
    last_seen_at: datetime
    end_url: str


@bp.get("/sessions", endpoint="sessions")
@scope.member_required
def sessions_page() -> str:
    """List where the member is signed in."""
    listed = [
        SessionView(
            current=_is_here(each.id),
            browser=each.browser,
            place="",
            created_at=each.created_at,
            last_seen_at=each.last_seen_at,
            end_url=url_for("account.end_session", session_id=each.id),
        )
        for each in sessions.listed(scope.db(), scope.member_id(), now=scope.now())
    ]
    return pages.page(
        "account/sessions.html",
        sessions=listed,
        end_all_url=url_for("account.end_all_sessions"),
        flashes=_done(),
    )


@bp.post("/sessions/<uuid:session_id>/end")
@scope.member_required
def end_session(session_id: UUID) -> Response:
    """End one session of the member."""
    login.end_session(session_id, scope.member_id())
    return redirect(url_for("account.sessions", done="session"), 303)


@bp.post("/sessions/end")
@scope.member_required
def end_all_sessions() -> Response:
    """Sign out everywhere, here included; everything issued ends."""
    session, member_id, now = scope.db(), scope.member_id(), scope.now()
    ended = sessions.end_all(session, member_id=member_id)
    grants.end_for_member(session, member_id, reason=GrantEnd.LOGGED_OUT, now=now)
    trail.record(session, "session.all_ended", actor=member_id, now=now, count=len(ended))
    cookies.end_session()
    return redirect(url_for("account.login"), 303)


@bp.get("/password", endpoint="password")
@scope.member_required
def password_page() -> str:
    """Show the form for a new password."""
    return _password_page([])


def _password_page(errors: list[tuple[str, str]]) -> str:
    return pages.page(
        "account/password.html",
        action=url_for("account.change"),
        errors=errors,
        min_length=password_rules.SHORTEST,
        login=register.get(scope.db(), scope.member_id()).login,
    )


@bp.post("/password")
@scope.member_required
def change() -> Response:
    """Change the password; every other session ends, and what was issued in it."""
    new = request.form.get("new_password", "")
    if new != request.form.get("repeat_password", ""):
        return _not_changed("repeat_password", pages.say("兩次輸入的新密碼不一樣。"))
    member_id, now = scope.member_id(), scope.now()
    adapter = _password_adapter()
    try:
        login.count_attempt(str(member_id))  # a form to guess passwords in, like the login page
        change_password(
            scope.db(),
            member_id,
            current=request.form.get("current_password", ""),
            new=new,
            hasher=adapter.hasher,
            breaches=adapter.breaches,
            now=now,
        )
    except LoginLocked as locked:
        return _not_changed("current_password", login.locked_words(locked))
    except Refused as refused:
        scope.abandon()
        if refused.code != "password.current_wrong":
            login.forget_attempts(str(member_id))
        return _not_changed(*_field_and_words(refused))
    login.forget_attempts(str(member_id))
    visitor = scope.visitor()
    here = None if visitor is None else visitor.session_id
    ended = sessions.end_all(scope.db(), member_id=member_id, but=here)
    grants.end_for_member(
        scope.db(), member_id, reason=GrantEnd.LOGGED_OUT, now=now, but_session=here
    )
    trail.record(scope.db(), "password.changed", actor=member_id, now=now, ended=len(ended))
    return redirect(url_for("account.index", done="password"), 303)


def _password_adapter() -> PasswordAdapter:
    adapter = scope.rooms().adapters.get("password")
    if not isinstance(adapter, PasswordAdapter):
        raise NotFound("password.not_offered")
    return adapter


def _not_changed(field: str, words: str) -> Response:
    return Response(_password_page([(field, words)]), 422, mimetype="text/html")


def _field_and_words(refused: Refused) -> tuple[str, str]:
    field = "current_password" if refused.code == "password.current_wrong" else "new_password"
    return field, refusal(refused.code).title.text(pages.language())
