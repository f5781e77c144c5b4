"""/counter/person: find who stands there by the card they show, for a case or a typed reason (9).

The card lies on the reader registered at the clerk's place. Whose it is shows only once it stands
in that person's footprint that a clerk looked, and what for.
"""

from uuid import UUID

from flask import request, url_for
from werkzeug.wrappers import Response

from adapters.contract import NotProven
from counters import cases, dealing, synthetic
from counters.case_models import Case
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from members import numbering, register
from web import (
    clerk_seat,
    clerks,
    consoles,
    desk,
    desk_carriers,
    desk_people,
    desk_seats,
    desk_words,
    pages,
    scope,
)
from web.card_ways import ONE_OF_THEM, WAYS
from web.desk import bp

LONGEST = 200


def _kinds() -> list[str]:
    return [kind for kind, way in WAYS.items() if way.is_offered()]


def _may_ask() -> bool:
    return clerks.is_clerk() and bool(_kinds())


consoles.register_menu("desk.person", Bilingual("看卡找人", "By card"), icon="card", may=_may_ask)


@bp.get("/person", defaults={"kind": ""})
@bp.get(f"/person/{ONE_OF_THEM}")
@desk_seats.seat_required
def person(kind: str) -> Response:
    """Ask for the case or the reason, and for the card. Raises NotFound where none is taken."""
    offered = _kinds()
    if not offered or (kind and kind not in offered):
        raise NotFound("carrier.not_found")
    return _ask(kind or offered[0])


def _ask(kind: str, refused: Refused | None = None) -> Response:
    post, reader_id = clerks.required_seat(), desk_seats.duty().reader_id
    reader = next((each for each in post.at.readers if each.id == post.clerk.reader_id), None)
    words, status = ("", 200) if refused is None else _why_not(refused)
    field = "number" if refused and refused.code.startswith("case.") else ""
    page = consoles.page(
        "desk/by_card.html",
        card=WAYS[kind].form(url_for("desk.find_person", kind=kind), _place(kind))
        if reader_id
        else None,
        reader=None if reader is None else clerk_seat.reader_line(reader, post),
        programs=clerk_seat.programs() if reader_id else "",
        again=url_for("desk.person", kind=kind),
        others=[each for each in _ways() if each[0] != kind],
        number=request.form.get("number", "")[:LONGEST],
        reason=request.form.get("reason", "")[:LONGEST],
        errors=[(field, words)] if words else [],
    )
    return Response(page, status, mimetype="text/html")


def _ways() -> list[tuple[str, str]]:
    words = {"card": pages.say("卡片"), "chip-card": pages.say("晶片卡")}
    return [(kind, words.get(kind, pages.say("憑證"))) for kind in _kinds()]


def _place(kind: str) -> str:
    return f"person-{kind}/{desk_seats.duty().clerk_id.hex}"


def _why_not(refused: Refused) -> tuple[str, int]:
    """Say what is wrong with the card: the clerk holds it in their hand, and it is nobody's yet."""
    code = refused.code
    if isinstance(refused, NotProven):
        is_lost = refused.suspended_carrier or refused.reason == "carrier.reported_lost"
        code = "carrier.reported_lost" if is_lost else "carrier.not_bound"
    entry = refusal(code)
    return entry.title.text(pages.language()), entry.status


@bp.post(f"/person/{ONE_OF_THEM}")
@desk_seats.seat_required
def find_person(kind: str) -> Response:
    """Show who showed the card, once it is written down that they were looked at."""
    if desk_seats.duty().reader_id is None:
        raise Refused("counter.unregistered_reader")
    scope.keep()  # the question is consumed in a transaction of its own
    try:
        return _show(*_looked_up(kind))
    except NotFound:
        raise
    except Refused as refused:
        desk_seats.undo(refused)
        return _ask(kind, refused)


def _looked_up(kind: str) -> tuple[UUID, Case | None]:
    number = request.form.get("number", "")[:LONGEST].strip()
    reason = request.form.get("reason", "")[:LONGEST].strip()
    if not number and not reason:
        raise Refused("view.without_reason")
    member_id = WAYS[kind].holder(_place(kind))
    synthetic.require_fit(scope.db(), member_id, is_training=desk_seats.duty().is_training)
    dealing.require_none(
        scope.db(), scope.member_id(), parties=frozenset({member_id}), now=scope.now()
    )
    case = _case(number, member_id) if number else None
    clerks.look(
        member_id, case=None if case is None else case.number, reason=reason, claims=("name",)
    )
    return member_id, case


def _case(number: str, member_id: UUID) -> Case:
    here = desk_seats.duty().counter_id
    case = cases.open_about(scope.db(), number, member_id, counter_id=here)
    desk_people.clerk().see_card(case)
    return case


def _show(member_id: UUID, case: Case | None) -> Response:
    session, keyring, here = scope.db(), scope.rooms().keyring, desk_seats.duty().counter_id
    member = register.get(session, member_id)
    held, days = numbering.current(session, member, keyring=keyring), desk_seats.workdays(here)
    open_here = [
        each
        for each in cases.of_member(session, member_id)
        if each.counter_id == here and each.closed_at is None
    ]
    standing, shape = desk_words.STANDINGS[member.standing]
    page = consoles.page(
        "desk/person.html",
        name=register.claims_of(member, keyring=keyring).get("name", ""),
        masked="" if held is None else held.masked,
        standing=standing.text(pages.language()),
        shape=shape,
        case=None if case is None else desk.line(case, days),
        cases=[desk.line(each, days) for each in open_here if case is None or each.id != case.id],
        carriers=desk_carriers.of_member(member_id),
    )
    return Response(page, mimetype="text/html")
