"""關閉或刪除帳號: pausing first, then deletion in three pages, a wait, a way back and a proof."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import footprint, trail
from audit.lines import Kind
from idp import grants
from idp.deletion_proofs import TYPE
from idp.models import GrantEnd
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from members import leaving
from members.models import AccountDeletion
from web import (
    account,
    closing,
    consent_cards,
    cookies,
    csrf,
    login,
    notices,
    pages,
    request_making,
    scope,
    sessions,
)
from web.account_confirm import strongest_required
from web.login import LoginLocked
from web.mails import Mail

bp = Blueprint("leaving", __name__)
TYPED = frozenset({"刪除", "DELETE"})


bp.before_request(csrf.only_our_forms)


@dataclass(frozen=True)
class Kept:
    """What stays after a deletion, why, and until when."""

    what: str
    why: str
    until: str


@bp.get("/account/close")
@scope.member_required
def index() -> str:
    """Offer the pause before the end; if the end is asked for, say so and offer the way back."""
    return pages.page(
        "account/close.html",
        pending=leaving.pending(scope.db(), scope.member_id()),
        pause_url=url_for("leaving.pause"),
        cancel_url=url_for("leaving.cancel"),
        flashes=_done(),
    )


def _done() -> list[str]:
    return pages.just_done({"cancelled": pages.say("已取消，您的帳號不會刪除。")})


# Pausing


@bp.get("/account/pause")
@scope.member_required
@strongest_required
def pause_page() -> str:
    """Say what a pause does, and ask once more."""
    return pages.page("account/pause.html", action=url_for("leaving.pause"))


@bp.post("/account/pause")
@scope.member_required
@strongest_required
def pause() -> Response:
    """Pause the account: signed out everywhere, nothing is shared any more."""
    session, member_id, now = scope.db(), scope.member_id(), scope.now()
    if leaving.pause(session, member_id, now=now):
        grants.end_for_member(session, member_id, reason=GrantEnd.STANDING, now=now)
        sessions.end_all(session, member_id=member_id)
        footprint.record(session, Kind.PAUSED, member_id=member_id, now=now)
        trail.record(session, "member.paused", actor=member_id, subject=member_id, now=now)
        _mail(Mail.PAUSED)
    cookies.end_session()
    return redirect(url_for("leaving.resume"), 303)


@bp.get("/resume")
def resume() -> Response | str:
    """Ask who is to be let in again."""
    if scope.visitor() is not None:
        return redirect(url_for("account.index"), 303)
    return _resume_page("")


def _resume_page(error: str) -> str:
    return pages.page(
        "account/resume.html",
        action=url_for("leaving.resume_now"),
        login_id=request.form.get("login_id", "")[:128],
        errors=[("login_id", error)] if error else [],
        flashes=account.done(),
    )


@bp.post("/resume")
def resume_now() -> Response:
    """Let the member in and the account be as it was; a wrong password looks as it always does."""
    try:
        login.attempt(request.form, admit=_resume)
    except LoginLocked as locked:
        return Response(_resume_page(login.locked_words(locked)), 429, mimetype="text/html")
    except Refused as refused:
        return Response(_resume_page(login.failed_words(refused)), 422, mimetype="text/html")
    return redirect(url_for("account.index"), 303)


def _resume(member_id: UUID) -> None:
    session, now = scope.db(), scope.now()
    if leaving.resume(session, member_id, now=now):
        footprint.record(session, Kind.RESUMED, member_id=member_id, now=now)
        trail.record(session, "member.resumed", actor=member_id, subject=member_id, now=now)
    login.admit_active(member_id)


# Leaving


@bp.get("/account/delete")
@scope.member_required
def effects() -> Response | str:
    """Page 1: what is lost, consent by consent."""
    if leaving.pending(scope.db(), scope.member_id()) is not None:
        return redirect(url_for("leaving.index"), 303)
    told = request_making.recipients(scope.db(), scope.member_id())
    return pages.page(
        "account/delete_effects.html",
        cards=consent_cards.live(scope.member_id(), now=scope.now()),
        told=[named.name.text(pages.language()) for named in told.values()],
        blocked=_blocked(),
    )


def _blocked() -> str:
    """Return why the account cannot be deleted now; empty if it can."""
    try:
        closing.require_free(scope.db(), scope.member_id(), now=scope.now())
    except Refused as refused:
        return refusal(refused.code).title.text(pages.language())
    return ""


@bp.get("/account/delete/kept")
@scope.member_required
def kept() -> str:
    """Page 2: what stays, why, and how long."""
    return pages.page("account/delete_kept.html", kept=_kept())


def _kept() -> list[Kept]:
    said: Mapping[str, Kept] = {
        "pseudonym": Kept(
            pages.say("足跡的紀錄，只剩一個代號"),
            pages.say("證明當時誰依什麼收到資料；裡面沒有您的姓名和資料內容。"),
            pages.say("依檔案保存年限"),
        ),
        "consent_records": Kept(
            pages.say("同意和撤回的紀錄，只剩一個代號"),
            pages.say("個人資料保護法第 7 條要我們能證明您同意過。"),
            pages.say("五年"),
        ),
        "request_records": Kept(
            pages.say("個資要求的編號和結果"),
            pages.say("證明我們依法答覆過；您寫的內容會銷毀。"),
            pages.say("五年"),
        ),
        "deletion_proof": Kept(
            pages.say("刪除的證明"),
            pages.say("讓您和法院能查證帳號真的刪了；裡面沒有名字。"),
            pages.say("五年"),
        ),
    }
    return [said[code] for code in sorted(set(closing.KEPT.values()), key=list(said).index)]


@bp.get("/account/delete/confirm")
@scope.member_required
@strongest_required
def confirm() -> str:
    """Page 3: ask for the word, so that nobody leaves by a slip of the finger."""
    return _confirm_page("")


def _confirm_page(error: str) -> str:
    wait = scope.rooms().settings.lifetimes.of("deletion_wait")
    return pages.page(
        "account/delete_confirm.html",
        action=url_for("leaving.ask"),
        days=wait.days,
        due_at=scope.now() + wait,
        errors=[("typed", error)] if error else [],
    )


@bp.post("/account/delete/confirm")
@scope.member_required
@strongest_required
def ask() -> Response:
    """Note the wish, tell the member, and wait."""
    if request.form.get("typed", "").strip().upper() not in TYPED:
        words = refusal("account.deletion_not_typed").title.text(pages.language())
        return Response(_confirm_page(words), 422, mimetype="text/html")
    session, member_id, now = scope.db(), scope.member_id(), scope.now()
    closing.require_free(session, member_id, now=now)
    wait = scope.rooms().settings.lifetimes.of("deletion_wait")
    asked = leaving.ask(session, member_id, wait=wait, language=pages.language(), now=now)
    _noted(Kind.DELETION_ASKED, asked.reference)
    _mail(Mail.DELETION_ASKED)
    return redirect(url_for("leaving.index"), 303)


@bp.post("/account/delete/cancel")
@scope.member_required
def cancel() -> Response:
    """Keep the account."""
    session, member_id = scope.db(), scope.member_id()
    asked = leaving.pending(session, member_id)
    leaving.cancel(session, member_id, now=scope.now())
    _noted(Kind.DELETION_CANCELLED, "" if asked is None else asked.reference)
    _mail(Mail.DELETION_CANCELLED)
    return redirect(url_for("leaving.index", done="cancelled"), 303)


def _noted(kind: Kind, reference: str) -> None:
    session, member_id, now = scope.db(), scope.member_id(), scope.now()
    footprint.record(session, kind, member_id=member_id, now=now, reference=reference)
    trail.record(session, kind, actor=member_id, subject=member_id, now=now, reference=reference)


def _mail(words: Mail) -> None:
    notices.mail(
        scope.db(), words, member_id=scope.member_id(), language=pages.language(), now=scope.now()
    )


# Afterwards


@bp.get("/deletions/<reference>")
def status(reference: str) -> str:
    """Say what became of a deletion, to whoever has its number; no name, no login."""
    deletion = leaving.get(scope.db(), reference)
    return pages.page(
        "deletion.html",
        deletion=deletion,
        state=_state(deletion),
        proof_url=url_for("leaving.proof", reference=deletion.reference)
        if deletion.proof
        else None,
    )


def _state(deletion: AccountDeletion) -> str:
    if deletion.executed_at is not None:
        return "done"
    return "pending" if deletion.cancelled_at is None else "cancelled"


@bp.get("/deletions/<reference>/proof.jwt")
def proof(reference: str) -> Response:
    """Hand over the signed proof."""
    deletion = leaving.get(scope.db(), reference)
    if deletion.proof is None:
        raise NotFound("account.deletion_not_found")
    response = Response(deletion.proof, mimetype=f"application/{TYPE}")
    name = f"taipei-id-deletion-{deletion.reference}.jwt"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
