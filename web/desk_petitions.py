"""/counter/petitions: write down what somebody petitions against, and read it back (6(3); APA 169).

The counter only takes it in; the agency that suspended gets it, and decides. Nothing is kept before
it was read back and signed. Whose letter it is shows only once that stands in their footprint.
"""

from collections.abc import Callable, Mapping

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from counters import competence, dealing, synthetic
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from members import register
from services import petitions
from services.eligibility_models import Finding
from web import (
    clerks,
    consoles,
    counter_forms,
    desk_seats,
    pages,
    petitioning,
    scope,
    suspension_words,
)
from web.desk import bp

INDEX = "desk.petition"
LONGEST = 2000  # characters
FIELDS = {  # where a refusal is shown
    "request.words_missing": "words",
    "case.document_unseen": "seen",
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
    desk_seats.undo(refused)
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
        agency=suspension_words.agency(finding),
        service=suspension_words.service(finding),
        counter=desk_seats.name_of(scope.duty().counter_id),
        at=now,
        words=_words(),
        typed=request.form,
        errors=[error] if error else [],
    )


def _file() -> Response:
    finding = _meant()
    if "seen" not in request.form:
        raise Refused("case.document_unseen")
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
