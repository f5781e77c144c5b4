"""Carriers at the desk: compare the face, bind, mark, unbind, report lost (7(3), 7(4), 7(6), 7(7)).

A card is read in the reader beside the clerk by the same pages that a member uses at home; what is
bound here is written down as bound at a counter, by this clerk.
"""

from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from audit import footprint, trail
from audit.lines import Kind
from carriers import bindings, loss_reports, names
from carriers.models import Binding, Place, Suspension
from counters import cases, faces, letters
from counters.case_models import Case, CaseMatter
from counters.faces import Likeness
from idp import acr
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from web import (
    carrier_binding,
    consoles,
    desk_cases,
    desk_people,
    desk_seats,
    desk_words,
    losses,
    pages,
    scope,
)
from web.card_ways import ONE_OF_THEM, WAYS
from web.carrier_binding import Holder
from web.desk import bp
from web.desk_carriers import BINDING
from web.mails import Mail

LONGEST = 200
LONGEST_LAST_FOUR = 8  # characters typed: four, some of them wide or spaced


def _worked_on(reference: str, *matters: CaseMatter) -> Case:
    """Return an open case of one of these matters.

    Raises what `desk_people.case_to_work_on` raises, and Refused `case.wrong_state`.
    """
    case = desk_people.case_to_work_on(reference)
    cases.require_open(case)
    if case.matter not in matters:
        raise Refused("case.wrong_state")
    return case


# The face (7(3))


@bp.post("/cases/<reference>/face")
@desk_seats.seat_required
def face(reference: str) -> Response | str:
    """Hold what is printed against the record; the clerk attests, or sees that it does not fit."""
    case = _worked_on(reference, *BINDING)
    printed = request.form.get("printed", "")[:LONGEST].strip()
    held = desk_people.on_record(case)
    likeness = faces.compare(printed, held.name)
    if request.form.get("attested") != "yes" or likeness is Likeness.DIFFERENT:
        return _side_by_side(case, printed, held, likeness)
    desk_people.clerk().check_face(case, likeness=likeness.value)
    return redirect(url_for("desk.case", reference=case.number), 303)


def _side_by_side(
    case: Case, printed: str, held: desk_people.OnRecord, likeness: Likeness
) -> Response:
    page = consoles.page(
        "desk/face.html",
        number=case.number,
        printed=printed,
        held=held,
        likeness=likeness.value,
        words=desk_words.LIKENESS[likeness].text(pages.language()),
        rare=desk_words.rare(printed + held.name),
        mismatch=refusal("carrier.visible_info_mismatch").title.text(pages.language()),
    )
    status = 422 if likeness is Likeness.DIFFERENT else 200
    return Response(page, status, mimetype="text/html")


# Binding (7(6)1, 7(6)3)


@bp.get(f"/cases/<reference>/bind/{ONE_OF_THEM}")
@desk_seats.seat_required
def read_card(reference: str, kind: str) -> Response | str:
    """Show the page on which the person's card is read."""
    return _show(_worked_on(reference, *BINDING), kind)


def _show(case: Case, kind: str, error: str = "", status: int = 200) -> Response:
    action = url_for("desk.bind_card", reference=case.number, kind=kind)
    page = consoles.page(
        "desk/bind.html",
        case=case,
        card=WAYS[kind].form(action, _place(case, kind)),
        name=names.tidy(request.form.get("name", "")),
        last_four=request.form.get("last_four", "")[:LONGEST_LAST_FOUR],
        error=error,
    )
    return Response(page, status, mimetype="text/html")


def _place(case: Case, kind: str) -> str:
    return f"desk-{kind}/{case.id.hex}"


@bp.post(f"/cases/<reference>/bind/{ONE_OF_THEM}")
@desk_seats.seat_required
def bind_card(reference: str, kind: str) -> Response:
    """Tie the card that was read to the person of the case, and tell them."""
    case = _worked_on(reference, *BINDING)
    desk_people.connect(case)
    holder = Holder(
        member_id=desk_people.person_of(case),
        where=Place.COUNTER,
        acr=acr.ACR[2],
        actor=scope.member_id(),
    )
    scope.keep()
    try:
        binding = WAYS[kind].bind(_place(case, kind), holder)
    except Refused as refused:
        number = case.number
        desk_seats.undo(refused)
        words, status = _why_not(kind, refused), refusal(refused.code).status
        return _show(cases.get(scope.db(), number), kind, words, status)
    carrier_binding.tell(Kind.CARRIER_BOUND, Mail.CARRIER_ADDED, binding)
    return redirect(url_for("desk.case", reference=case.number), 303)


def _why_not(kind: str, refused: Refused) -> str:
    if refused.code.startswith("carrier."):
        return refusal(refused.code).title.text(pages.language())
    return WAYS[kind].trouble(refused)[0]


# What is bound


@bp.post('/cases/<reference>/carriers/<uuid:carrier_id>/<any("mark", "remove", "lost"):step>')
@desk_seats.seat_required
def carrier(reference: str, carrier_id: UUID, step: str) -> Response:
    """Mark a card's face, unbind a carrier, or refuse it everywhere at once."""
    matters = {"mark": BINDING, "remove": {CaseMatter.UNBIND}, "lost": {CaseMatter.LOSS}}[step]
    case = _worked_on(reference, *matters)
    member_id = desk_people.person_of(case)
    binding = bindings.get(scope.db(), carrier_id, member_id=member_id)
    try:
        {"mark": _mark, "remove": _remove, "lost": _lose}[step](case, binding)
    except NotFound:
        raise
    except Refused as refused:
        return desk_cases.again(case, refused)
    return redirect(url_for("desk.case", reference=case.number), 303)


def _mark(case: Case, binding: Binding) -> None:
    cases.require_face_checked(case)
    counter = desk_seats.counter(desk_seats.duty().counter_id).code
    bindings.mark_face(
        scope.db(), binding, counter=counter, clerk=scope.member_id(), now=scope.now()
    )


def _remove(case: Case, binding: Binding) -> None:
    cases.require_not_held(case, now=scope.now())
    letters.require_running(scope.db(), case.id, now=scope.now())
    bindings.release(scope.db(), binding, actor=scope.member_id(), now=scope.now())
    carrier_binding.tell(Kind.CARRIER_REMOVED, Mail.CARRIER_REMOVED, binding)


def _lose(case: Case, binding: Binding) -> None:
    """Refuse it for good: what was reported without signing in is not taken back any more."""
    session, clerk, now = scope.db(), scope.member_id(), scope.now()
    was_reported = loss_reports.confirm(session, binding, now=now)
    losses.suspend(
        session, binding.id, Suspension.LOST, actor=clerk, language=pages.language(), now=now
    )
    if was_reported:
        trail.record(
            session,
            "carrier.loss_confirmed",
            actor=clerk,
            subject=binding.member_id,
            now=now,
            case=case.number,
            carrier=str(binding.id),
        )
        footprint.record(
            session,
            Kind.CARRIER_LOST,
            member_id=binding.member_id,
            now=now,
            carrier=str(binding.id),
        )
