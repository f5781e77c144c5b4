"""New cards on the member's own pages: where each one is, and its activation (7(6)2)."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from adapters.smartcard import enrolment
from audit.lines import Kind
from carriers import bindings
from carriers.models import Binding, CarrierKind, Place
from counters import card_orders
from counters.card_order_models import CardOrder
from counters.models import Counter
from kernel.errors import Refused
from kernel.refusals import refusal
from web import carrier_binding, dates, pages, scope
from web.account import bp
from web.mails import Mail

LONGEST = 32  # characters of a code, with whatever is typed between


@dataclass(frozen=True, kw_only=True)
class OrderView:
    """One card on its way."""

    stage: str
    counter: str
    collect_by: str | None  # the last day, in words
    activate_url: str | None


@bp.get("/card-orders", endpoint="card_orders")
@scope.member_required
def card_orders_page() -> Response:
    """Show the member's cards that are not activated yet."""
    return _show()


@bp.post("/card-orders/<uuid:order_id>/activate", endpoint="activate_card")
@scope.member_required
def activate(order_id: UUID) -> Response:
    """Activate a card by the code that came another way, and bind it."""
    session, now = scope.db(), scope.now()
    try:
        order = card_orders.activate(
            session,
            order_id,
            request.form.get("code", "")[:LONGEST],
            member_id=scope.member_id(),
            key=scope.rooms().keyring.derive(card_orders.KEY),
            now=now,
        )
        binding = _bind(order)
    except Refused as refused:
        if refused.code == "card.code_wrong":
            scope.keep()  # the try counts
        else:
            scope.abandon()
        told = refusal(refused.code)
        return _show(told.title.text(pages.language()), told.status)
    carrier_binding.tell(Kind.CARRIER_BOUND, Mail.CARRIER_ADDED, binding)
    return redirect(url_for("account.carriers", done="card"), 303)


def _bind(order: CardOrder) -> Binding:
    """Tie the card to its member, as the counter that saw them let it be (2(8)7)."""
    assert order.fingerprint is not None  # noqa: S101  # known since it was made
    assert order.number_hash is not None  # noqa: S101  # same
    binding = bindings.bind(
        scope.db(),
        member_id=order.member_id,
        kind=CarrierKind.CARD,
        fingerprint=order.fingerprint,
        name="",
        where=Place.COUNTER,
        acr=carrier_binding.known_by(),
        now=scope.now(),
    )
    enrolment.keep(scope.db(), binding, kind=order.kind, number_hash=order.number_hash)
    return binding


def _show(error: str = "", status: int = 200) -> Response:
    session = scope.db()
    found = card_orders.open_of(session, scope.member_id())
    page = pages.page(
        "account/card_orders.html",
        orders=[_view(each, session.get_one(Counter, each.counter_id)) for each in found],
        error=error,
    )
    return Response(page, status, mimetype="text/html")


def _view(order: CardOrder, counter: Counter) -> OrderView:
    is_here = order.stage in card_orders.WITH_HOLDER
    return OrderView(
        stage=order.stage.value,
        counter=counter.name_en if pages.language() == "en" else counter.name_zh,
        collect_by=_day(order.collect_by),
        activate_url=url_for("account.activate_card", order_id=order.id) if is_here else None,
    )


def _day(day: date | None) -> str | None:
    return None if day is None else dates.roc_date(day, pages.language())
