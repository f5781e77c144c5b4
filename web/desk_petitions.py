"""/counter/petitions: write down what somebody petitions against, and read it back (6(3); APA 169).

The counter only takes it in; the agency that suspended gets it, and decides. Nothing is kept before
it was read back and signed. Whose letter it is shows only once that stands in their footprint.
"""

from collections.abc import Callable, Mapping

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from clients.models import Organisation
from counters import competence, dealing, synthetic
from kernel import calendar
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from members import register
from services import decision_slips, petitions
from services.eligibility_models import Finding
from services.petition_models import Petition
from web import (
    clerks,
    consoles,
    counter_forms,
    desk_papers,
    desk_seats,
    pages,
    petitioning,
    scope,
)
from web.desk import bp
from web.desk_papers import Slip, day_of, moment, plain

INDEX = "desk.petition"
LONGEST = 2000  # characters
FIELDS = {  # where a refusal is shown
    "request.words_missing": "words",
    "case.documents_missing": "seen",
    "appeal.not_read_back": "read_back",
    "appeal.not_signed": "signed",
}

consoles.register_menu(
    INDEX, Bilingual("口頭陳情", "Petitions"), icon="letter", may=clerks.may(competence.COLLECTING)
)


@bp.get("/petitions")
@clerks.clerk_required(competence.COLLECTING)
def petition() -> str:
    """Ask which suspension it is about, and what the person says."""
    return _form()


def _form(errors: tuple[tuple[str, str], ...] = ()) -> str:
    number, words = counter_forms.typed("number"), _words()
    return consoles.page(
        "desk/petition.html", current=INDEX, number=number, words=words, errors=list(errors)
    )


def _words() -> str:
    return counter_forms.text("words", longest=LONGEST)[:LONGEST]


@bp.post("/petitions")
@clerks.clerk_required(competence.COLLECTING)
def take_petition() -> Response:
    """Show the record to be read back and signed, go back to it, or take it in."""
    step = _STEPS.get(request.form.get("step", ""), _read_back)
    try:
        return step()
    except Refused as refused:
        if isinstance(refused, NotFound):
            raise
        return _refused(refused)


def _refused(refused: Refused) -> Response:
    desk_seats.undo()
    entry, field = refusal(refused.code), FIELDS.get(refused.code, "number")
    error = (field, entry.title.text(pages.language()))
    is_confirming = field in {"seen", "read_back", "signed"}
    page = _record(_meant(), error) if is_confirming else _form((error,))
    return Response(page, entry.status, mimetype="text/html")


def _change() -> Response:
    return Response(_form(), mimetype="text/html")


def _read_back() -> Response:
    finding = _meant()
    if not _words():
        raise Refused("request.words_missing")
    return Response(_record(finding), mimetype="text/html")


def _meant() -> Finding:
    """Return the suspension of the letter, and write that its member was looked at.

    Raises Refused `appeal.out_of_scope`, `case.self_dealing` or `counter.synthetic_person`.
    """
    found = petitioning.meant(scope.db(), counter_forms.typed("number"))
    session, who = scope.db(), found.member_id
    synthetic.require_fit(session, who, is_training=False)
    dealing.require_none(session, scope.member_id(), parties=frozenset({who}), now=scope.now())
    clerks.look(who, case=found.reference, claims=("name",))
    return found


def _record(finding: Finding, error: tuple[str, str] | None = None) -> str:
    member, now = register.get(scope.db(), finding.member_id), scope.now()
    claims = register.claims_of(member, keyring=scope.rooms().keyring)
    return consoles.page(
        "desk/petition_record.html",
        current=INDEX,
        number=finding.reference,
        name=claims.get("name", ""),
        agency=_agency(finding),
        service=_service(finding),
        counter=desk_seats.name_of(scope.duty().counter_id),
        at=now,
        words=_words(),
        typed=request.form,
        errors=[error] if error else [],
    )


def _agency(finding: Finding) -> Bilingual:
    found = scope.db().get_one(Organisation, finding.run.organisation_id)
    return Bilingual(found.name_zh, found.name_en)


def _service(finding: Finding) -> Bilingual:
    return Bilingual(finding.run.service.name_zh, finding.run.service.name_en)


def _file() -> Response:
    finding = _meant()
    if "seen" not in request.form:
        raise Refused("case.documents_missing")
    plea = petitions.spoken(
        _words(),
        by=scope.member_id(),
        is_read_back="read_back" in request.form,
        is_signed="signed" in request.form,
        counter_id=scope.duty().counter_id,
    )
    made = petitioning.file(
        scope.db(),
        finding,
        plea,
        by=scope.member_id(),
        keyring=scope.rooms().keyring,
        now=scope.now(),
    )
    return redirect(url_for("desk.petition_slip", reference=made.reference), 303)


_STEPS: Mapping[str, Callable[[], Response]] = {
    "read": _read_back,
    "change": _change,
    "file": _file,
}


@bp.get("/petitions/<reference>/slip")
@clerks.clerk_required(competence.COLLECTING)
def petition_slip(reference: str) -> Response:
    """Print number and code, for who has no login; raises NotFound after the day it was taken."""
    found = petitions.find_just_recorded(
        scope.db(),
        reference,
        by=scope.member_id(),
        counter_id=scope.duty().counter_id,
        now=scope.now(),
    )
    if found is None:
        raise NotFound("appeal.not_found")
    return desk_papers.show(_slip(found))


def _slip(made: Petition) -> Slip:
    due = petitions.due(made, calendar.load(scope.db()))
    site = url_for("petition.ask", _external=True)
    return Slip(
        number=made.reference,
        heading=Bilingual("陳情收據", "Receipt of a petition"),
        back=url_for(INDEX),
        back_to=Bilingual("回到口頭陳情", "Back to petitions"),
        pairs=(
            (Bilingual("編號", "Number"), plain(made.reference)),
            (
                Bilingual("代碼", "Code"),
                plain(decision_slips.code(made.id, keyring=scope.rooms().keyring)),
            ),
            (Bilingual("主管機關", "Responsible agency"), _agency(made.finding)),
            (Bilingual("服務", "Service"), _service(made.finding)),
            (Bilingual("窗口", "Counter"), desk_seats.name_of(scope.duty().counter_id)),
            (Bilingual("收件", "Received"), moment(made.filed_at)),
            *([(Bilingual("最晚答覆", "Answered by"), day_of(due))] if due else []),
        ),
        said=(Bilingual(f"查進度不必登入：{site}", f"To follow it without signing in: {site}"),),
    )
