"""The Bureau's register of merchants: contracts, and offers to approve or end (2(8)4, 6(4))."""

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import trail
from clients import contracts, organisations
from clients.forms import ContractForm
from clients.models import Body, Organisation, OrganisationKind
from clients.officer_models import Role
from kernel.clock import taipei_day
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from services import activations, merchant_offers, offers
from web import consoles, counter_forms, csrf, offer_words, pages, scope
from web import organisation_words as words
from web.reading_apart import read_apart

bp = Blueprint("doit_merchants", __name__, url_prefix="/doit/merchants")
INDEX = "doit_merchants.index"
TYPED = "name_zh name_en number business_number starts_on ends_on approval_number last_on".split()
FIELDS = {
    "organisation.name_missing": "name_zh",
    "client.form_invalid": "number",
    "client.contract_exists": "number",
    "client.contract_days": "last_on",
    "form.day_missing": "starts_on",
    "publish.document_no_missing": "approval_number",
    "flow.small_population": "approval_number",
    "offer.already_decided": "approval_number",
    "case.self_dealing": "approval_number",
}


bp.before_request(csrf.only_our_forms)


@bp.get("")
@consoles.staff_required(Role.REVIEWER)
@read_apart
def index() -> str:
    """List the merchants, those with offers that wait first."""
    waits = {merchant_id for _, merchant_id in merchant_offers.waiting(scope.db())}
    found = organisations.listed(scope.db(), OrganisationKind.MERCHANT)
    return consoles.page(
        "console/merchants.html",
        current=INDEX,
        rows=[_row(each, waits=each.id in waits) for each in sorted(found, key=_late(waits))],
        flashes=_done(),
    )


def _late(waits: set[UUID]) -> Any:  # a key of sorted
    return lambda each: each.id not in waits


def _row(merchant: Organisation, *, waits: bool) -> dict[str, Any]:
    spans = [contracts.span_of(each) for each in merchant.contracts]
    return {
        "url": url_for("doit_merchants.one", merchant_id=merchant.id),
        "name": words.name(merchant),
        "until": merchant.contracts[-1].ends_on if merchant.contracts else None,
        "is_in_force": any(each.covers(scope.now()) for each in spans),
        "waits": waits,
    }


def _done() -> list[str]:
    return pages.just_done(
        {
            "entered": pages.say("已登錄。"),
            "contract": pages.say("已登錄契約。"),
            "shorten": pages.say("已登錄契約提前結束。"),
            "approve": pages.say("已核定，優惠生效。"),
            "end": pages.say("已結束這項優惠。"),
        }
    )


@bp.get("/new")
@consoles.staff_required(Role.REVIEWER)
def new() -> str:
    """Show the form of a merchant and its contract."""
    return _form()


@bp.post("/new")
@consoles.staff_required(Role.REVIEWER)
def enter() -> Response | str:
    """Enter a merchant with its contract."""
    session, now = scope.db(), scope.now()
    try:
        with scope.step():
            name = Bilingual(counter_forms.typed("name_zh"), counter_forms.typed("name_en"))
            form = _contract()
            contracts.require_new(session, form.number)
            merchant = organisations.enter(session, name, Body.MERCHANT, now=now)
            contracts.add(session, merchant, form, now=now)
    except Refused as refused:
        return _form(refused)
    _record("merchant.entered", merchant.id, contract=form.number)
    return _to(merchant.id, "entered")


def _contract() -> ContractForm:
    read = counter_forms.typed
    return contracts.parse(
        {
            "number": read("number"),
            "business_number": read("business_number"),
            "starts_on": counter_forms.day("starts_on"),
            "ends_on": counter_forms.day("ends_on"),
        }
    )


@bp.get("/<uuid:merchant_id>")
@consoles.staff_required(Role.REVIEWER)
def one(merchant_id: UUID) -> str:
    """Show a merchant's contracts and offers."""
    return _page(_merchant(merchant_id))


@bp.post('/<uuid:merchant_id>/<any("contract", "shorten"):what>')
@consoles.staff_required(Role.REVIEWER)
def change(merchant_id: UUID, what: str) -> Response | str:
    """Record a further contract, or let one of them end earlier."""
    merchant, session, now = _merchant(merchant_id), scope.db(), scope.now()
    try:
        with scope.step():
            if what == "contract":
                number = contracts.add(session, merchant, _contract(), now=now).number
            else:
                number = _meant(merchant)
                contracts.shorten(session, number, ends_on=counter_forms.day("last_on"))
    except NotFound:
        raise
    except Refused as refused:
        return _page(merchant, refused)
    event = "contract.recorded" if what == "contract" else "contract.shortened"
    _record(event, merchant.id, contract=number)
    return _to(merchant.id, what)


@bp.post('/<uuid:merchant_id>/offers/<uuid:offer_id>/<any("approve", "end"):decision>')
@consoles.staff_required(Role.REVIEWER)
def decide(merchant_id: UUID, offer_id: UUID, decision: str) -> Response | str:
    """Approve an offer by a document number, if its groups are large; or end it."""
    merchant, session, now = _merchant(merchant_id), scope.db(), scope.now()
    merchant_offers.get(session, offer_id, organisation_id=merchant.id)
    try:
        with scope.step():
            if decision == "approve":
                offers.approve(
                    session,
                    offer_id,
                    approval_number=counter_forms.typed("approval_number"),
                    smallest=scope.rooms().settings.smallest_population,
                    by=scope.member_id(),
                    now=now,
                )
            else:
                offers.withdraw(session, offer_id, now=now)
    except Refused as refused:
        return _page(merchant, refused)
    _record("offer.approved" if decision == "approve" else "offer.ended", offer_id)
    return _to(merchant.id, decision)


def _merchant(merchant_id: UUID) -> Organisation:
    found = organisations.get(scope.db(), merchant_id)
    if found.kind is not OrganisationKind.MERCHANT:
        raise NotFound("organisation.not_found")
    return found


def _meant(merchant: Organisation) -> str:
    """Return the number of the contract that was chosen. Raises NotFound for another merchant's."""
    typed = counter_forms.typed("contract")
    if typed not in {each.number for each in merchant.contracts}:
        raise NotFound("client.contract_not_found")
    return typed


def _ending(merchant: Organisation) -> list[dict[str, Any]]:
    """Return the contracts that may end earlier; the one in force is chosen."""
    today, typed = taipei_day(scope.now()), counter_forms.typed("contract")
    return [
        {
            "value": each.number,
            "label": each.number,
            "chosen": each.number == typed if typed else each.starts_on <= today,
        }
        for each in merchant.contracts
        if each.ends_on >= today
    ]


def _record(event: str, subject: UUID, **detail: str) -> None:
    trail.record(
        scope.db(), event, actor=scope.member_id(), subject=subject, now=scope.now(), **detail
    )


def _to(merchant_id: UUID, done: str) -> Response:
    return redirect(url_for("doit_merchants.one", merchant_id=merchant_id, done=done), 303)


def _errors(refused: Refused | None) -> list[tuple[str, str]]:
    if refused is None:
        return []
    field = FIELDS.get(refused.code, "name_zh")
    if refused.code == "form.day_missing" and "last_on" in request.form:
        field = "last_on"
    return [(field, refusal(refused.code).title.text(pages.language()))]


def _typed() -> dict[str, str]:
    return {name: counter_forms.typed(name) for name in TYPED}


def _form(refused: Refused | None = None) -> str:
    return consoles.page(
        "console/merchant_form.html", current=INDEX, typed=_typed(), errors=_errors(refused)
    )


def _page(merchant: Organisation, refused: Refused | None = None) -> str:
    session, today = scope.db(), taipei_day(scope.now())
    found = activations.services(session)
    names = {each.code: Bilingual(each.name_zh, each.name_en) for each in found}
    return consoles.page(
        "console/merchant.html",
        current=INDEX,
        it=merchant,
        name=words.name(merchant),
        contracts=[
            (each, contracts.span_of(each).covers(scope.now())) for each in merchant.contracts
        ],
        offers=[
            offer_words.row(each, names, today)
            for each in merchant_offers.of_merchant(session, merchant.id)
        ],
        ending=_ending(merchant),
        typed=_typed(),
        errors=_errors(refused),
        flashes=_done(),
    )


consoles.register_menu(
    INDEX,
    Bilingual("特約商店", "Merchants"),
    icon="merchant",
    roles=[Role.REVIEWER],
    waits=lambda: len(merchant_offers.waiting(scope.db())),
)
