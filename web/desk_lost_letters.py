"""/counter/petitions/lost: find the number of a suspension for who stands there without the letter.

The clerk types the number of the document in their hand. Only what can be petitioned against now is
shown, by agency, service and day: no name, no reason, nothing found. Who is no member and who has
nothing to petition against look alike, and whoever was looked up reads it in their footprint.
"""

from collections.abc import Sequence
from uuid import UUID

from flask import request
from werkzeug.wrappers import Response

from counters import competence, dealing, synthetic
from kernel.errors import Refused
from kernel.refusals import refusal
from members import numbers
from services import petitionable
from services.eligibility_models import Finding
from web import clerks, consoles, counter_forms, desk_petitions, desk_seats, pages, scope
from web import suspension_words as words
from web.desk import bp

LOOKED_FOR = "通知書不見了，當事人在窗口查可以陳情的中止"  # the member reads it


@bp.get("/petitions/lost")
@clerks.clerk_required(competence.COLLECTING)
def lost_letter() -> str:
    """Ask for the number on the document that lies on the desk."""
    return _page()


@bp.post("/petitions/lost")
@clerks.clerk_required(competence.COLLECTING)
def find_letter() -> Response:
    """Show which suspensions the person may petition against."""
    try:
        found = _found()
    except Refused as refused:
        desk_seats.undo(refused)
        entry = refusal(refused.code)
        field = "seen" if refused.code == "case.document_unseen" else "idno"
        page = _page(error=(field, entry.title.text(pages.language())))
        return Response(page, entry.status, mimetype="text/html")
    return Response(_page(found), mimetype="text/html")


def _found() -> Sequence[Finding]:
    """Return them, and write that the person was looked up.

    Raises Refused `case.document_unseen`, `idno.format`, `idno.checksum`, `case.self_dealing` or
    `counter.synthetic_person`.
    """
    if "seen" not in request.form:
        raise Refused("case.document_unseen")
    session = scope.db()
    who = synthetic.person(
        session,
        numbers.recognise(counter_forms.typed("idno")),
        is_training=False,
        keyring=scope.rooms().keyring,
    )
    return () if who is None else _of(who)


def _of(who: UUID) -> Sequence[Finding]:
    dealing.require_none(scope.db(), scope.member_id(), parties=frozenset({who}), now=scope.now())
    clerks.look(who, reason=LOOKED_FOR)
    return petitionable.of_member(scope.db(), who)


def _page(found: Sequence[Finding] | None = None, *, error: tuple[str, str] | None = None) -> str:
    return consoles.page(
        "desk/petition_lost.html",
        current=desk_petitions.INDEX,
        found=None if found is None else [_line(each) for each in found],
        idno=counter_forms.typed("idno"),
        seen="seen" in request.form,
        errors=[error] if error else [],
    )


def _line(finding: Finding) -> dict[str, object]:
    return {
        "number": finding.reference,
        "agency": words.agency(finding),
        "service": words.service(finding),
        "since": finding.decided_at,
    }
