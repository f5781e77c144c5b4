"""The merchant's console: contract, offers, tills, and counts that single nobody out (2(8)4).

It learns nothing else: no member, no reason, no other merchant.
"""

from datetime import timedelta
from uuid import UUID

from flask import Blueprint
from sqlalchemy import select

from audit import trail
from clients import contracts, organisations, registry
from clients.models import Client
from clients.officer_models import Role
from kernel.clock import taipei_day
from kernel.errors import NotFound
from kernel.wording import Bilingual
from services import activations, merchant_offers, offer_drafts
from web import consoles, csrf, offer_words, pages, scope
from web import organisation_words as words

bp = Blueprint("merchant", __name__, url_prefix="/merchant")
INDEX = "merchant.index"
SOON = timedelta(days=60)


bp.before_request(csrf.only_our_forms)


@bp.get("")
@consoles.staff_required(Role.MERCHANT)
def index() -> str:
    """Show the contract, the offers, the tills and the counts."""
    return _page()


@bp.post("/tills/<uuid:client_key>/key")
@consoles.staff_required(Role.MERCHANT)
def renew_key(client_key: UUID) -> str:
    """Make a new key for a till and show it this once; the old one works for a day more."""
    client = next((each for each in _tills() if each.id == client_key), None)
    if client is None:
        raise NotFound("client.not_found")
    secret = registry.rotate_secret(scope.db(), client.client_id, now=scope.now())
    record("client.secret_rotated", client.id)
    return _page(secret=(client.client_id, secret))


def organisation_id() -> UUID:
    """Return the merchant in whose name the officer acts."""
    return scope.post().organisation_id or UUID(int=0)  # merchants' posts always name one


def _tills() -> list[Client]:
    found = select(Client).where(
        Client.organisation_id == organisation_id(), Client.disabled_at.is_(None)
    )
    return list(scope.db().scalars(found.order_by(Client.client_id)))


def record(event: str, subject: UUID) -> None:
    """Write down what a merchant's officer did."""
    trail.record(scope.db(), event, actor=scope.member_id(), subject=subject, now=scope.now())


def _done() -> list[str]:
    return pages.just_done(
        {
            "saved": pages.say("草稿存好了，還沒送資訊局。"),
            "discarded": pages.say("草稿丟掉了。"),
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
        drafts=[
            {
                "id": draft.id,
                "edition": draft.edition,
                "title": offer_words.title(draft, purpose),
                "saved_at": draft.saved_at,
            }
            for draft, purpose in offer_drafts.of_merchant(session, merchant.id)
        ],
        tills=[(each.id, each.client_id, registry.has_secret(each)) for each in _tills()],
        counts=_counts(),
        is_counted=merchant_offers.is_counted(scope.db(), now=scope.now()),
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


consoles.register_menu(INDEX, Bilingual("優惠", "Offers"), icon="merchant", roles=[Role.MERCHANT])
