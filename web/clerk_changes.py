"""At a counter: see the documents for a change that was asked online, and print reset codes.

Both are change of data (4-I(3)). The papers are seen, not kept; what a clerk looked at stands in
the member's footprint with the case.
"""

from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import footprint, trail
from audit.lines import Kind
from counters import cases, dealing, letters, seen
from counters.case_models import CaseMatter
from counters.models import Matter
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from kernel.wording import CHINESE, Bilingual
from members import change_requests, numbering, numbers, recovery, register
from members.change_models import ChangeRequest, ChangeState
from members.change_requests import DOCUMENTS, Seen
from members.profile import masked
from web import (
    change_words,
    clerks,
    consoles,
    csrf,
    datum_words,
    desk_people,
    desk_seats,
    notices,
    pages,
    scope,
)
from web.mails import Mail
from web.personal_deciding import CLAIMS_OF, Deciding

bp = Blueprint("clerk_changes", __name__, url_prefix="/clerk")
CHANGES, PASSWORDS = "clerk_changes.index", "clerk_changes.passwords"
LONGEST = 64


bp.before_request(csrf.only_our_forms)


def _error(refused: Refused) -> str:
    return refusal(refused.code).title.text(pages.language())


# Documents


@bp.get("/changes")
@clerks.clerk_required(Matter.CHANGES)
def index() -> str:
    """Ask for the number the member brings."""
    return _find()


def _find(error: str = "") -> str:
    return consoles.page(
        "console/clerk_changes.html",
        current=CHANGES,
        reference=request.form.get("reference", "")[:LONGEST],
        errors=[("reference", error)] if error else [],
        done=request.args.get("done") == "seen",
    )


@bp.post("/changes")
@clerks.clerk_required(Matter.CHANGES)
def find() -> Response:
    """Go to the change with this number."""
    typed = request.form.get("reference", "")[:LONGEST].strip()
    try:
        asked = change_requests.get(scope.db(), typed)
    except NotFound:
        return Response(_find(pages.say("沒有這個編號的申請。")), 404, mimetype="text/html")
    return redirect(url_for("clerk_changes.one", reference=asked.reference), 303)


@bp.get("/changes/<reference>")
@clerks.clerk_required(Matter.CHANGES)
def one(reference: str) -> str:
    """Show what is to become of which datum, to hold the document against."""
    return _one(_asked(reference))


def _asked(reference: str) -> ChangeRequest:
    """Return a change this clerk may see. Raises NotFound, and Refused `case.self_dealing`."""
    asked = change_requests.get(scope.db(), reference)
    _require_nobody_close(asked.member_id)
    return asked


def _require_nobody_close(member_id: UUID) -> None:
    parties = frozenset({member_id})
    dealing.require_none(scope.db(), scope.member_id(), parties=parties, now=scope.now())


def _one(asked: ChangeRequest, error: str = "") -> str:
    member, keyring = register.get(scope.db(), asked.member_id), scope.rooms().keyring
    claims = register.claims_of(member, keyring=keyring)
    looked = CLAIMS_OF.get(asked.field, (asked.field,))
    clerks.look(asked.member_id, case=asked.reference, claims=looked)
    return consoles.page(
        "console/clerk_change.html",
        current=CHANGES,
        asked=asked,
        label=datum_words.label(asked.field, pages.language()),
        who=masked(str(claims.get("name", member.login))),
        wanted=change_requests.wanted(asked, member, keyring=keyring),
        papers=[
            (each, change_words.PAPERS[each].text(pages.language()))
            for each in DOCUMENTS[asked.field]
        ],
        may_show=asked.state is ChangeState.ASKED,
        errors=[("documents", error)] if error else [],
    )


@bp.post("/changes/<reference>")
@clerks.clerk_required(Matter.CHANGES)
def show(reference: str) -> Response:
    """Note which documents were seen."""
    asked, at = _asked(reference), scope.duty()
    deciding = Deciding(
        session=scope.db(),
        keyring=scope.rooms().keyring,
        table=scope.rooms().representation,
        by=at.member_id,
        now=scope.now(),
    )
    papers = request.form.getlist("documents")[: len(change_words.PAPERS)]
    shown = Seen(documents=papers, clerk_id=at.member_id, counter_id=at.counter_id)
    try:
        deciding.show(asked, shown)
    except Refused as refused:
        desk_seats.undo(refused)
        page = _one(change_requests.get(scope.db(), reference), _error(refused))
        return Response(page, refusal(refused.code).status, mimetype="text/html")
    return redirect(url_for("clerk_changes.index", done="seen"), 303)


# Passwords


@bp.get("/passwords")
@clerks.clerk_required(Matter.CHANGES)
def passwords() -> str:
    """Ask whose document was seen, and for which case."""
    return _ask_whose()


def _ask_whose(error: tuple[str, str] | None = None, code: str = "", who: str = "") -> str:
    return consoles.page(
        "console/clerk_passwords.html",
        current=PASSWORDS,
        number=request.form.get("number", "")[:LONGEST],
        case=request.form.get("case", "")[:LONGEST],
        errors=[error] if error else [],
        code=code,
        who=who,
    )


@bp.post("/passwords")
@clerks.clerk_required(Matter.CHANGES)
def print_slip() -> Response:
    """Print a code for who showed their document, this once."""
    try:
        member_id, code = _slip()
    except Refused as refused:
        desk_seats.undo(refused)
        about_case = refused.code.startswith(("case.", "update."))
        field = "case" if about_case else "number"
        page = _ask_whose((field, _error(refused)))
        return Response(page, refusal(refused.code).status, mimetype="text/html")
    return Response(_ask_whose(code=code, who=pages.name_of(member_id)), mimetype="text/html")


def _slip() -> tuple[UUID, str]:
    session, at = scope.db(), scope.duty()
    number = numbers.recognise(request.form.get("number", "")[:LONGEST])
    case = request.form.get("case", "")[:LONGEST].strip()
    if not case:
        raise Refused("update.channel_not_approved")
    member_id = numbering.find(session, number, keyring=scope.rooms().keyring)
    if member_id is None:
        raise Refused("recovery.identity_unproven")
    _require_nobody_close(member_id)
    _require_recovery(case, member_id)
    code = recovery.reset_at_counter(
        session,
        member_id,
        clerk_id=at.member_id,
        counter_id=at.counter_id,
        case_reference=case,
        now=scope.now(),
    )
    trail.record(
        session,
        "reset.printed",
        actor=at.member_id,
        subject=member_id,
        now=scope.now(),
        case=case,
    )
    clerks.look(member_id, case=case, claims=["name"])
    footprint.record(
        session, Kind.SLIP_PRINTED, member_id=member_id, now=scope.now(), reference=case
    )
    notices.mail(session, Mail.SLIP_PRINTED, member_id=member_id, language=CHINESE, now=scope.now())
    return member_id, code


def _require_recovery(number: str, member_id: UUID) -> None:
    """Let a code rest on an open case for it, of this counter and this person (7(8), 9).

    Who acts by law for the person was here: a birth date may have been corrected since.
    """
    case = cases.open_about(scope.db(), number, member_id, counter_id=scope.duty().counter_id)
    cases.require_open(case)
    if case.matter is not CaseMatter.RECOVERY:
        raise Refused("case.wrong_state")
    cases.require_not_held(case, now=scope.now())
    letters.require_running(scope.db(), case.id, now=scope.now())
    papers = seen.of_case(scope.db(), case.id)
    desk_people.require_guardian(member_id, [each.whose for each in papers])


for endpoint, label, icon in (
    (CHANGES, Bilingual("資料變更", "Changes of data"), "record"),
    (PASSWORDS, Bilingual("重設密碼", "Reset passwords"), "key"),
):
    consoles.register_menu(endpoint, label, icon=icon, may=clerks.may(Matter.CHANGES))
