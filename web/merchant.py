"""The merchant's console: contract, offers, tills, and counts that single nobody out (2(8)4).

It learns nothing else: no member, no reason, no other merchant.
"""

from datetime import timedelta
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from audit import trail
from clients import contracts, organisations, registry
from clients.models import Client
from clients.officer_models import Role
from kernel.clock import taipei_day
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from services import activations, merchant_offers, offers
from services.models import OFFERED
from web import consoles, counter_forms, csrf, offer_words, pages, scope
from web import organisation_words as words

bp = Blueprint("merchant", __name__, url_prefix="/merchant")
INDEX = "merchant.index"
SOON = timedelta(days=60)
TYPED = "title_zh title_en age document_number valid_from valid_until".split()
FIELDS = {
    "offer.title_missing": "title_zh",
    "offer.rule_invalid": "age",
    "offer.period_invalid": "valid_from",
    "form.day_missing": "valid_from",
    "publish.document_no_missing": "document_number",
}


bp.before_request(csrf.only_our_forms)


@bp.get("")
@consoles.staff_required(Role.MERCHANT)
def index() -> str:
    """Show the contract, the offers, the tills and the counts."""
    return _page()


@bp.get("/offers/new")
@consoles.staff_required(Role.MERCHANT)
def new() -> str:
    """Show the form of an offer."""
    return _form()


@bp.post("/offers/new")
@consoles.staff_required(Role.MERCHANT)
def submit() -> Response | str:
    """Put a version of an offer forward; it answers nobody before DoIT approved it."""
    session = scope.db()
    try:
        offer = offers.submit(
            session, _purpose(), offer_words.typed(), by=scope.member_id(), now=scope.now()
        )
    except NotFound:
        raise
    except Refused as refused:
        return _form(refused)
    _record("offer.submitted", offer.id)
    return redirect(url_for(INDEX, done="submitted"), 303)


@bp.post("/offers/<uuid:offer_id>/end")
@consoles.staff_required(Role.MERCHANT)
def end(offer_id: UUID) -> Response:
    """End an offer of one's own."""
    merchant_offers.get(scope.db(), offer_id, organisation_id=organisation_id())
    offers.withdraw(scope.db(), offer_id, now=scope.now())
    _record("offer.ended", offer_id)
    return redirect(url_for(INDEX, done="ended"), 303)


@bp.post("/tills/<uuid:client_key>/key")
@consoles.staff_required(Role.MERCHANT)
def renew_key(client_key: UUID) -> str:
    """Make a new key for a till and show it this once; the old one works for a day more."""
    client = next((each for each in _tills() if each.id == client_key), None)
    if client is None:
        raise NotFound("client.not_found")
    secret = registry.rotate_secret(scope.db(), client.client_id, now=scope.now())
    _record("client.secret_rotated", client.id)
    return _page(secret=(client.client_id, secret))


def organisation_id() -> UUID:
    """Return the merchant in whose name the officer acts."""
    return scope.post().organisation_id or UUID(int=0)  # merchants' posts always name one


def _tills() -> list[Client]:
    found = select(Client).where(
        Client.organisation_id == organisation_id(), Client.disabled_at.is_(None)
    )
    return list(scope.db().scalars(found.order_by(Client.client_id)))


def _purpose() -> UUID:
    wanted = counter_forms.typed("purpose")
    for each in merchant_offers.purposes(scope.db(), organisation_id()):
        if str(each.id) == wanted:
            return each.id
    raise NotFound("offer.not_found")


def _record(event: str, subject: UUID) -> None:
    trail.record(scope.db(), event, actor=scope.member_id(), subject=subject, now=scope.now())


def _done() -> list[str]:
    return pages.just_done(
        {
            "submitted": pages.say("已送資訊局核定。"),
            "ended": pages.say("已結束這項優惠。"),
        }
    )


def _page(*, secret: tuple[str, str] | None = None) -> str:
    session, today = scope.db(), taipei_day(scope.now())
    merchant = organisations.get(session, organisation_id())
    names = _names()
    return consoles.page(
        "merchant/index.html",
        current=INDEX,
        name=words.name(merchant),
        contracts=[
            {
                "number": each.number,
                "from_on": each.starts_on,
                "until": each.ends_on,
                "is_in_force": contracts.span_of(each).covers(scope.now()),
                "ends_soon": today <= each.ends_on < today + SOON,
            }
            for each in merchant.contracts
        ],
        offers=[
            offer_words.row(each, names, today)
            for each in merchant_offers.of_merchant(session, merchant.id)
        ],
        tills=[(each.id, each.client_id, registry.has_secret(each)) for each in _tills()],
        counts=_counts(),
        secret=secret,
        smallest=scope.rooms().settings.smallest_population,
        flashes=_done(),
    )


def _counts() -> list[tuple[Bilingual | None, int | None]]:
    """Return how many members tills asked about last month, offer by offer, and in all."""
    counted = merchant_offers.counts(
        scope.db(),
        organisation_id(),
        smallest=scope.rooms().settings.smallest_population,
        now=scope.now(),
    )
    rows = [
        (None if each is None else Bilingual(each.name_zh, each.name_en), count)
        for each, count in counted.items()
    ]
    return rows if len(rows) > 1 else []


def _names() -> dict[str, Bilingual]:
    found = activations.services(scope.db())
    return {each.code: Bilingual(each.name_zh, each.name_en) for each in found}


def _form(refused: Refused | None = None) -> str:
    chosen = set(request.form.getlist("services"))
    wanted = counter_forms.typed("purpose")
    errors = []
    if refused is not None:
        field = FIELDS.get(refused.code, "title_zh")
        errors = [(field, refusal(refused.code).title.text(pages.language()))]
    return consoles.page(
        "merchant/offer.html",
        current=INDEX,
        purposes=[
            {
                "value": each.id,
                "label": Bilingual(each.name_zh, each.name_en).text(pages.language()),
                "chosen": str(each.id) == wanted,
            }
            for each in merchant_offers.purposes(scope.db(), organisation_id())
        ],
        services=[
            {
                "value": each.code,
                "label": Bilingual(each.name_zh, each.name_en),
                "checked": each.code in chosen,
            }
            for each in activations.services(scope.db())
            if each.state in OFFERED
        ],
        joins=[
            {
                "value": value,
                "label": label.text(pages.language()),
                "checked": value == (counter_forms.typed("join") or offer_words.ANY),
            }
            for value, label in JOINS.items()
        ],
        resident="resident" in request.form,
        typed={name: counter_forms.typed(name) for name in TYPED},
        errors=errors,
    )


JOINS = {
    offer_words.ANY: Bilingual("符合一項就可以", "One of them is enough"),
    offer_words.ALL: Bilingual("每一項都要符合", "All of them are needed"),
}
consoles.register_menu(INDEX, Bilingual("優惠", "Offers"), icon="merchant", roles=[Role.MERCHANT])
