"""資料變更: ask for what only a document shows, and read what was before (AT2.8.5)."""

from dataclasses import dataclass
from datetime import datetime

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from audit import footprint
from audit.lines import Kind
from kernel.clock import taipei_day
from kernel.errors import Refused
from kernel.refusals import refusal
from members import change_requests, changes, register
from members.change_models import ChangeRequest, ChangeState
from members.changes import Change
from web import change_words, datum_words, notices, pages, personal_deciding, personal_words, scope
from web.account import bp
from web.account_confirm import confirmation_required, strongest_required
from web.mails import Mail

CLAIMS_OF = personal_deciding.CLAIMS_OF


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request of the member, in words."""

    reference: str
    label: str
    wanted: str
    state: str
    tone: str
    at: datetime
    reason: str
    documents: str
    withdraw_url: str | None


@bp.get("/personal/change", endpoint="changes")
@scope.member_required
@strongest_required
def page() -> Response:
    """Show the form, and what was asked before."""
    return _show()


def _show(*errors: tuple[str, str]) -> Response:
    chosen = request.values.get("field", "")
    language = pages.language()
    page = pages.page(
        "account/change.html",
        action=url_for("account.ask_change"),
        fields=[
            {
                "value": field,
                "label": datum_words.label(field, language),
                "detail": pages.say("帶：%(papers)s", papers=change_words.bring(field, language)),
                "checked": field == chosen,
            }
            for field in change_requests.DOCUMENTS
        ],
        wanted=request.form.get("wanted", "")[: change_requests.LONGEST],
        asked=_asked(),
        errors=list(errors),
        flashes=_done(),
    )
    return Response(page, 422 if errors else 200, mimetype="text/html")


def _done() -> list[str]:
    return pages.just_done(
        {
            "asked": pages.say("已收到。請帶證明文件到任一申辦窗口；看過文件，資訊局就能決定。"),
            "withdrawn": pages.say("已撤回這項申請。"),
        }
    )


def _asked() -> list[Asked]:
    member, keyring = register.get(scope.db(), scope.member_id()), scope.rooms().keyring
    language = pages.language()
    return [
        Asked(
            reference=each.reference,
            label=datum_words.label(each.field, language),
            wanted=change_requests.wanted(each, member, keyring=keyring),
            state=change_words.STATES[each.state][0].text(language),
            tone=change_words.STATES[each.state][1],
            at=each.asked_at,
            reason=change_requests.reason(each, member, keyring=keyring),
            documents=change_words.bring(each.field, language)
            if each.state is ChangeState.ASKED
            else "",
            withdraw_url=url_for("account.withdraw_change", reference=each.reference)
            if each.state in change_requests.OPEN
            else None,
        )
        for each in change_requests.listed(scope.db(), member.id)
    ]


@bp.post("/personal/change", endpoint="ask_change")
@scope.member_required
@strongest_required
def ask() -> Response:
    """Receive the wish, if it can be read."""
    field, wanted = request.form.get("field", ""), request.form.get("wanted", "")
    try:
        personal_deciding.require_readable(field, wanted, today=taipei_day(scope.now()))
        asked = change_requests.ask(
            scope.db(),
            scope.member_id(),
            field,
            wanted,
            language=pages.language(),
            keyring=scope.rooms().keyring,
            now=scope.now(),
        )
    except Refused as refused:
        scope.abandon()
        where = "field" if refused.code == "change.field_unknown" else "wanted"
        return _show((where, refusal(refused.code).title.text(pages.language())))
    _noted(Kind.CHANGE_ASKED, asked)
    notices.mail(
        scope.db(),
        Mail.CHANGE_ASKED,
        member_id=scope.member_id(),
        language=pages.language(),
        now=scope.now(),
    )
    return redirect(url_for("account.changes", done="asked"), 303)


def _noted(kind: Kind, asked: ChangeRequest) -> None:
    footprint.record(
        scope.db(),
        kind,
        member_id=scope.member_id(),
        now=scope.now(),
        claims=CLAIMS_OF.get(asked.field, (asked.field,)),
        reference=asked.reference,
    )


@bp.post("/personal/change/<reference>/withdraw", endpoint="withdraw_change")
@scope.member_required
def withdraw(reference: str) -> Response:
    """Take a wish back."""
    asked = change_requests.get(scope.db(), reference, member_id=scope.member_id())
    change_requests.withdraw(scope.db(), asked, now=scope.now())
    _noted(Kind.CHANGE_WITHDRAWN, asked)
    return redirect(url_for("account.changes", done="withdrawn"), 303)


# What was before


@dataclass(frozen=True, kw_only=True)
class Before:
    """A change that happened, in words."""

    label: str
    old: str
    source: str
    case: str
    at: datetime


def _old(change: Change, language: str) -> str:
    return "" if change.old is None else personal_words.words(change.claim, change.old, language)


@bp.get("/personal/history", endpoint="history")
@scope.member_required
@confirmation_required
def history() -> str:
    """Show every change with the old value: to the member alone (AT2.8.5d)."""
    member, language = register.get(scope.db(), scope.member_id()), pages.language()
    found = changes.history(scope.db(), member, keyring=scope.rooms().keyring)
    return pages.page(
        "account/history.html",
        changes=[
            Before(
                label=datum_words.label(each.claim, language),
                old=_old(each, language),
                source=change_words.CHANNELS[each.source.channel].text(language),
                case=each.source.case_reference,
                at=each.at,
            )
            for each in found
        ],
    )
