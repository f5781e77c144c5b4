"""New cards at the desk: ordered in a case, made, kept or mailed, handed over (7(6)2, 8(2)3, 7(3)).

Each order has a page with the one step that comes next. Whose card it is is looked up as in a case,
and the member reads that it was.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from audit import trail
from carriers.models import CarrierKind
from counters import card_orders, cases, dealing
from counters.card_order_models import CardOrder, Delivery, Document, Stage
from counters.card_orders import Made
from counters.models import Matter
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from members import register
from members.profile import masked
from web import card_orders as telling
from web import (
    cards,
    clerks,
    consoles,
    desk_cases,
    desk_new_cards,
    desk_people,
    desk_seats,
    pages,
    scope,
)
from web.card_reading import adapter
from web.desk import bp

LONGEST_NAME = 200
STAGES = {
    Stage.ORDERED: Bilingual("等製卡", "To be made"),
    Stage.PRODUCED: Bilingual("做好了，等放進抽屜或寄出", "Made; to be kept or mailed"),
    Stage.IN_TRANSIT: Bilingual("寄出了，等本人啟用", "Mailed; to be activated"),
    Stage.AT_COUNTER: Bilingual("在窗口，等本人來領", "Here; to be collected"),
    Stage.COLLECTED: Bilingual("領走了，等本人啟用", "Collected; to be activated"),
}
DELIVERIES = {
    Delivery.COUNTER: Bilingual("本人到這個窗口領", "Collected at this counter"),
    Delivery.MAIL: Bilingual("郵寄", "By mail"),
}
DOCUMENTS = {
    Document.IDENTITY_CARD: Bilingual("國民身分證", "National identity card"),
    Document.RESIDENT_CERTIFICATE: Bilingual("居留證", "Residence permit"),
    Document.PASSPORT: Bilingual("護照", "Passport"),
    Document.HEALTH_CARD: Bilingual("健保卡", "Health insurance card"),
}
consoles.register_menu(
    "desk.cards", Bilingual("新卡", "New cards"), icon="card", may=clerks.is_clerk
)


@dataclass(frozen=True, kw_only=True)
class OrderLine:
    """One new card as a clerk sees it; no name before its page is opened."""

    number: str
    kind: str
    stage: str
    delivery: str
    ordered_at: datetime
    collect_by: date | None
    url: str


def number_of(order: CardOrder) -> str:
    """Return by what a clerk calls an order: the end of its id."""
    return order.id.hex[-8:].upper()


@bp.post("/cases/<reference>/new-card")
@desk_seats.seat_required
def order_card(reference: str) -> Response:
    """Order a new card for the person of a case."""
    case = desk_people.case_to_work_on(reference)
    cases.require_open(case)
    if request.form.get("kind") not in dict(desk_new_cards.offered(case)):
        raise Refused("case.wrong_state")
    desk_seats.require(Matter.CARDS)
    desk_people.connect(case)
    try:
        ordered = telling.order(
            scope.db(),
            duty=desk_seats.duty(),
            member_id=desk_people.person_of(case),
            kind=request.form["kind"],
            delivery=_delivery(),
            now=scope.now(),
        )
    except Refused as refused:
        return desk_cases.again(case, refused)
    _note("card.ordered", ordered)
    return redirect(url_for("desk.card_order", order_id=ordered.id), 303)


def _delivery() -> Delivery:
    return Delivery.MAIL if request.form.get("delivery") == Delivery.MAIL else Delivery.COUNTER


@bp.get("/cards", endpoint="cards")
@desk_seats.seat_required
def listed() -> str:
    """List the new cards this counter has to do with."""
    found = card_orders.open_at(scope.db(), desk_seats.duty().counter_id)
    return consoles.page("desk/cards.html", orders=[_line(each) for each in found])


def _line(order: CardOrder) -> OrderLine:
    language = pages.language()
    return OrderLine(
        number=number_of(order),
        kind=dict(desk_new_cards.kinds()).get(order.kind, order.kind),
        stage=STAGES[order.stage].text(language),
        delivery=DELIVERIES[order.delivery].text(language),
        ordered_at=order.ordered_at,
        collect_by=order.collect_by,
        url=url_for("desk.card_order", order_id=order.id),
    )


@bp.get("/cards/<uuid:order_id>")
@desk_seats.seat_required
def card_order(order_id: UUID) -> Response:
    """Show one new card and its next step."""
    return _show(_here(order_id))


def _here(order_id: UUID) -> CardOrder:
    desk_seats.require(Matter.CARDS)
    found = scope.db().get(CardOrder, order_id)
    if found is None or found.counter_id != desk_seats.duty().counter_id:
        raise NotFound("carrier.not_found")
    if found.stage not in STAGES:
        raise NotFound("carrier.not_found")
    parties = frozenset({found.member_id})
    dealing.require_none(scope.db(), scope.member_id(), parties=parties, now=scope.now())
    return found


def _name(order: CardOrder) -> str:
    """Return whose card it is, and write that somebody looked."""
    clerks.look(order.member_id, case=number_of(order), claims=("name",))
    held = register.claims_of(
        register.read(scope.db(), order.member_id), keyring=scope.rooms().keyring
    )
    return str(held.get("name", ""))


def _show(order: CardOrder, refused: Refused | None = None) -> Response:
    entry = None if refused is None else refusal(refused.code)
    is_read = order.stage is Stage.ORDERED and cards.is_offered()
    action = url_for("desk.move_card", order_id=order.id, step="produce")
    page = consoles.page(
        "desk/card_order.html",
        order=_line(order),
        id=order.id,
        stage=order.stage.value,
        name=masked(_name(order)),
        card=cards.form(action, _place(order.id)) if is_read else None,
        printed=request.form.get("printed", "")[:LONGEST_NAME],
        documents=[(each.value, words.text(pages.language())) for each, words in DOCUMENTS.items()],
        error="" if entry is None else entry.title.text(pages.language()),
    )
    return Response(page, 200 if entry is None else entry.status, mimetype="text/html")


def _place(order_id: UUID) -> str:
    return f"desk-order/{order_id.hex}"


@bp.post('/cards/<uuid:order_id>/<any("produce", "ready", "hand-over", "destroy"):step>')
@desk_seats.seat_required
def move_card(order_id: UUID, step: str) -> Response:
    """Take a new card one step on, and tell its member."""
    order = _here(order_id)
    steps = {"produce": _produce, "ready": _ready, "hand-over": _hand_over, "destroy": _destroy}
    try:
        steps[step](order)
    except NotFound:
        raise
    except Refused as refused:
        desk_seats.undo(refused)
        return _show(_here(order_id), refused)
    _note(f"card.{step}", order)
    if step == "destroy":
        return redirect(url_for("desk.cards"), 303)
    return redirect(url_for("desk.card_order", order_id=order_id), 303)


def _produce(order: CardOrder) -> None:
    """Enter the card on the reader: what it is known by, and that its face names the member."""
    scope.keep()  # the question is consumed in a transaction of its own
    seen = cards.read_here(_place(order.id))
    if seen.kind != order.kind:
        raise Refused("carrier.kind_not_supported")
    numbers = adapter().reading.numbers
    card_orders.produce(
        scope.db(),
        order.id,
        Made(
            fingerprint=numbers.fingerprint_of(seen, order.member_id),
            number_hash=numbers.hash_of(seen),
        ),
        duty=desk_seats.duty(),
        printed_name=request.form.get("printed", "")[:LONGEST_NAME],
        member_name=_name(order),
        now=scope.now(),
    )


def _ready(order: CardOrder) -> None:
    telling.make_ready(scope.db(), order.id, duty=desk_seats.duty(), now=scope.now())


def _hand_over(order: CardOrder) -> None:
    chosen = request.form.get("document", "")
    document = Document(chosen) if chosen in set(Document) else None
    telling.hand_over(
        scope.db(), order.id, duty=desk_seats.duty(), document=document, now=scope.now()
    )


def _destroy(order: CardOrder) -> None:
    telling.destroy(scope.db(), order.id, duty=desk_seats.duty(), now=scope.now())


def _note(event: str, order: CardOrder) -> None:
    trail.record(
        scope.db(),
        event,
        actor=scope.member_id(),
        subject=order.member_id,
        now=scope.now(),
        order=str(order.id),
        carrier=CarrierKind.CARD.value,
    )
