"""The Bureau's page of changes that need evidence: what is asked, what was seen, and the decision.

An auditor reads there what was before (AT2.8.5d); every look is a line of the member's footprint.
"""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from clients.officer_models import Role
from kernel.errors import Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from members import change_requests, changes, register
from members.change_models import ChangeRequest
from members.models import Member
from members.profile import masked
from web import change_words, consoles, csrf, datum_words, impartial, pages, personal_words, scope
from web.personal_deciding import CLAIMS_OF, Deciding

bp = Blueprint("doit_changes", __name__, url_prefix="/doit/changes")
INDEX = "doit_changes.index"


bp.before_request(csrf.only_our_forms)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One change that waits; no name, for a list is no reason to look."""

    reference: str
    url: str
    label: str
    seen_at: datetime | None


@bp.get("")
@consoles.staff_required(Role.REVIEWER, Role.AUDITOR)
def index() -> str:
    """List what waits for a decision, the oldest first."""
    return consoles.page(
        "console/changes.html",
        current=INDEX,
        rows=[
            Row(
                reference=each.reference,
                url=url_for("doit_changes.one", reference=each.reference),
                label=datum_words.label(each.field, pages.language()),
                seen_at=each.seen_at,
            )
            for each in change_requests.waiting(scope.db())
        ],
        flashes=_done(),
    )


def _done() -> list[str]:
    return pages.just_done(
        {
            "granted": pages.say("已變更，並通知當事人。"),
            "refused": pages.say("已駁回，並通知當事人。"),
        }
    )


@bp.get("/<reference>")
@consoles.staff_required(Role.REVIEWER, Role.AUDITOR)
def one(reference: str) -> str:
    """Show what is held, what is asked and what was seen; the member sees who looked."""
    return _one(change_requests.get(scope.db(), reference))


def _one(asked: ChangeRequest, error: str = "") -> str:
    session, keyring, language = scope.db(), scope.rooms().keyring, pages.language()
    member = register.get(session, asked.member_id)
    claims = register.claims_of(member, keyring=keyring)
    held = claims.get(asked.field)
    looked = CLAIMS_OF.get(asked.field, (asked.field,))
    consoles.look(session, member.id, actor=scope.member_id(), case=asked.reference, claims=looked)
    is_auditor = scope.post().role is Role.AUDITOR
    return consoles.page(
        "console/change.html",
        current=INDEX,
        asked=asked,
        label=datum_words.label(asked.field, language),
        state=change_words.STATES[asked.state],
        who=masked(str(claims.get("name", member.login))),
        held="" if held is None else personal_words.words(asked.field, held, language),
        wanted=change_requests.wanted(asked, member, keyring=keyring),
        papers=[change_words.PAPERS[each].text(language) for each in asked.documents],
        may_decide=asked.state in change_requests.OPEN and not is_auditor,
        before=_before(member, language) if is_auditor else [],
        errors=[("reason", error)] if error else [],
    )


def _before(member: Member, language: str) -> list[tuple[str, str, datetime]]:
    found = changes.history(scope.db(), member, keyring=scope.rooms().keyring)
    return [
        (
            datum_words.label(each.claim, language),
            "" if each.old is None else personal_words.words(each.claim, each.old, language),
            each.at,
        )
        for each in found
    ]


@bp.post("/<reference>")
@consoles.staff_required(Role.REVIEWER)
def decide(reference: str) -> Response:
    """Grant or refuse, with the reason the member reads."""
    asked = change_requests.get(scope.db(), reference)
    granted = request.form.get("decision") == "grant"
    deciding = Deciding(
        session=scope.db(),
        keyring=scope.rooms().keyring,
        table=scope.rooms().representation,
        by=scope.member_id(),
        now=scope.now(),
    )
    try:
        impartial.require(asked.member_id)
        deciding.decide(asked, granted=granted, reason=request.form.get("reason", ""))
    except Refused as refused:
        scope.abandon(refused)
        entry = refusal(refused.code)
        words = entry.title.text(pages.language())
        page = _one(change_requests.get(scope.db(), reference), words)
        return Response(page, entry.status, mimetype="text/html")
    done = "granted" if granted else "refused"
    return redirect(url_for("doit_changes.index", done=done), 303)


def _waiting() -> int:
    return len(change_requests.waiting(scope.db()))


consoles.register_menu(
    INDEX,
    Bilingual("資料變更", "Changes of data"),
    icon="record",
    roles=[Role.REVIEWER, Role.AUDITOR],
    waits=_waiting,
)
