"""Serve merchants' own systems: their contracts, offers and counts, and nobody else's (2(8)4).

What a till asks about a member is answered by `web.till`.
"""

from collections.abc import Mapping
from datetime import date, datetime
from uuid import UUID

from flask import Blueprint
from werkzeug.wrappers import Response

from clients import contracts
from clients.models import Contract, Purpose
from idp.bearers import Caller
from kernel.clock import taipei_day
from services import merchant_offers
from services.models import Offer
from web import api_documents, offer_words, paging, scope
from web.api_calls import Door, told
from web.api_shapes import PageTold, WordsTold
from web.merchant_document import ADDRESS, CONTRACTS, COUNTS, INTERFACE, OFFERS
from web.merchant_shapes import (
    ContractsTold,
    ContractTold,
    CountsTold,
    CountTold,
    OfferState,
    OffersTold,
    OfferTold,
)
from web.paging import Paging

bp = Blueprint("merchant_api", __name__, url_prefix=ADDRESS)
DOOR = Door(address=ADDRESS, most={CONTRACTS: 60, OFFERS: 60, COUNTS: 60})
STATES = {
    offer_words.WAITING: OfferState.WAITING,
    offer_words.IN_FORCE: OfferState.IN_FORCE,
    offer_words.NOT_NOW: OfferState.NOT_NOW,
    offer_words.HALTED: OfferState.HALTED,
    offer_words.ENDED: OfferState.ENDED,
}


@bp.get("/openapi.json")
def document() -> Response:
    """Describe all of this, for people and for programs (OpenAPI 3.1)."""
    return api_documents.response(INTERFACE, _issuer())


@bp.get("/contracts")
def own_contracts() -> Response:
    """Tell the merchant's contracts, part by part."""
    caller = DOOR.let_in(CONTRACTS)
    page = _page(caller)
    found = contracts.after(
        scope.db(), caller.organisation_id, after=page.after, limit=page.one_more
    )
    rows, following = page.split(found)
    listed = tuple(_contract(each, now=scope.now()) for each in rows)
    return _told(page, ContractsTold(contracts=listed, next=following))


@bp.get("/offers")
def own_offers() -> Response:
    """Tell the merchant's offers, part by part."""
    caller = DOOR.let_in(OFFERS)
    page = _page(caller)
    found = merchant_offers.after(
        scope.db(), caller.organisation_id, after=page.after, limit=page.one_more
    )
    codes = {offer.id: code for offer, code in found}
    rows, following = page.split([offer for offer, _ in found])
    today = taipei_day(scope.now())
    listed = tuple(_offer(each, codes[each.id], today) for each in rows)
    return _told(page, OffersTold(offers=listed, next=following))


@bp.get("/counts")
def own_counts() -> Response:
    """Tell how many members tills asked about last month; small groups are not told (10-I(4))."""
    caller = DOOR.let_in(COUNTS)
    page = _page(caller)
    counted = merchant_offers.counts(
        scope.db(),
        caller.organisation_id,
        smallest=scope.rooms().settings.smallest_population,
        now=scope.now(),
    )
    rows, following = page.split(_after(counted, page.after))
    answer = CountsTold(
        month=merchant_offers.month_told(now=scope.now()),
        counts=tuple(CountTold(offer=each.code, members=counted[each]) for each in rows),
        total=counted[None],
        next=following,
    )
    return _told(page, answer)


def _after(counted: Mapping[Purpose | None, int | None], after: UUID | None) -> list[Purpose]:
    found = sorted((each for each in counted if each is not None), key=lambda each: each.id)
    return [each for each in found if after is None or each.id > after]


def _contract(row: Contract, *, now: datetime) -> ContractTold:
    return ContractTold(
        number=row.number,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        in_force=contracts.span_of(row).covers(now),
    )


def _offer(row: Offer, code: str, today: date) -> OfferTold:
    return OfferTold(
        offer=code,
        version=row.version,
        title=WordsTold(zh=row.title_zh, en=row.title_en),
        state=STATES[offer_words.state(row, today)],
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


def _page(caller: Caller) -> Paging:
    return paging.asked(scope.rooms().names, client_id=caller.client.id)


def _told(page: Paging, answer: PageTold) -> Response:
    return page.linked(told(answer), answer.next, issuer=_issuer())


def _issuer() -> str:
    return scope.rooms().provider.issuer
