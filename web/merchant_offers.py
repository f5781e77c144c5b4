"""A merchant writes an offer, keeps it unfinished as long as it likes, and puts it forward (6(4)).

A draft is nobody else's: DoIT sees what was put forward, the public what was approved.
"""

from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from clients.officer_models import Role
from kernel.db import Json
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from services import activations, merchant_offers, offer_drafts, offers
from services.models import OFFERED
from services.offer_draft_models import OfferDraft
from web import consoles, counter_forms, offer_words, pages, scope
from web.merchant import INDEX, bp, organisation_id, record

SAVE = "save"  # the button that keeps a draft
FIELDS = {
    "offer.title_missing": "title_zh",
    "offer.rule_invalid": "age",
    "offer.period_invalid": "valid_from",
    "offer.draft_exists": "purpose",
    "form.day_missing": "valid_from",
    "publish.document_no_missing": "document_number",
}
JOINS = {
    offer_words.ANY: Bilingual("符合一項就可以", "One of them is enough"),
    offer_words.ALL: Bilingual("每一項都要符合", "All of them are needed"),
}


@bp.get("/offers/new")
@consoles.staff_required(Role.MERCHANT)
def new() -> str:
    """Show the form of an offer; `?of=` a version begins with what that one says."""
    return _form(_begun())


def _begun() -> Json:
    try:
        offer_id = UUID(request.args.get("of", ""))
    except ValueError:
        return {}
    found = merchant_offers.get(scope.db(), offer_id, organisation_id=organisation_id())
    return offer_words.of_version(found)


@bp.post("/offers/new")
@consoles.staff_required(Role.MERCHANT)
def submit() -> Response:
    """Put a version of an offer forward, or keep it as a draft."""
    try:
        done = _kept() if _is_saving() else _submitted()
    except NotFound:
        raise
    except Refused as refused:
        return _refused(refused)
    return redirect(url_for(INDEX, done=done), 303)


def _is_saving() -> bool:
    return request.form.get("do") == SAVE


def _kept() -> str:
    draft = offer_drafts.begin(
        scope.db(), _purpose(), offer_words.kept(), by=scope.member_id(), now=scope.now()
    )
    record("offer.draft_saved", draft.id)
    return "saved"


def _submitted() -> str:
    """Put it forward; it answers nobody before DoIT approved it."""
    offer = offers.submit(
        scope.db(), _purpose(), offer_words.typed(), by=scope.member_id(), now=scope.now()
    )
    record("offer.submitted", offer.id)
    return "submitted"


def _purpose() -> UUID:
    wanted = counter_forms.typed("purpose")
    for each in merchant_offers.purposes(scope.db(), organisation_id()):
        if str(each.id) == wanted:
            return each.id
    raise NotFound("offer.not_found")


@bp.get("/offers/drafts/<uuid:draft_id>")
@consoles.staff_required(Role.MERCHANT)
def draft(draft_id: UUID) -> str:
    """Show a draft as it was left."""
    found = _mine(draft_id)
    return _form({**found.typed, "purpose": str(found.purpose_id)}, draft=found)


@bp.post("/offers/drafts/<uuid:draft_id>")
@consoles.staff_required(Role.MERCHANT)
def write(draft_id: UUID) -> Response:
    """Keep what was typed since, or put the draft forward."""
    found = _mine(draft_id)
    try:
        done = _kept_again(found) if _is_saving() else _put_forward(found)
    except Refused as refused:
        return _refused(refused, draft_id)
    return redirect(url_for(INDEX, done=done), 303)


def _kept_again(found: OfferDraft) -> str:
    offer_drafts.save(
        scope.db(),
        found,
        offer_words.kept(),
        edition=counter_forms.number("edition"),
        by=scope.member_id(),
        now=scope.now(),
    )
    record("offer.draft_saved", found.id)
    return "saved"


def _put_forward(found: OfferDraft) -> str:
    offer = offers.submit(
        scope.db(),
        found.purpose_id,
        offer_words.typed(),
        by=scope.member_id(),
        now=scope.now(),
    )
    offer_drafts.end(scope.db(), found, edition=counter_forms.number("edition"))
    record("offer.submitted", offer.id)
    return "submitted"


@bp.post("/offers/drafts/<uuid:draft_id>/discard")
@consoles.staff_required(Role.MERCHANT)
def discard(draft_id: UUID) -> Response:
    """Throw a draft away."""
    offer_drafts.end(scope.db(), _mine(draft_id), edition=counter_forms.number("edition"))
    record("offer.draft_discarded", draft_id)
    return redirect(url_for(INDEX, done="discarded"), 303)


@bp.post("/offers/<uuid:offer_id>/end")
@consoles.staff_required(Role.MERCHANT)
def end(offer_id: UUID) -> Response:
    """End an offer of one's own."""
    merchant_offers.get(scope.db(), offer_id, organisation_id=organisation_id())
    offers.withdraw(scope.db(), offer_id, now=scope.now())
    record("offer.ended", offer_id)
    return redirect(url_for(INDEX, done="ended"), 303)


def _mine(draft_id: UUID) -> OfferDraft:
    return offer_drafts.get(scope.db(), draft_id, organisation_id=organisation_id())


def _refused(refused: Refused, draft_id: UUID | None = None) -> Response:
    """Show the form again as it was typed: nothing of it is lost."""
    scope.abandon(refused)
    entry = refusal(refused.code)
    error = (FIELDS.get(refused.code, "title_zh"), entry.title.text(pages.language()))
    found = None if draft_id is None else _mine(draft_id)
    values = {**offer_words.kept(), "purpose": counter_forms.typed("purpose")}
    if found is not None:
        values["purpose"] = str(found.purpose_id)
    page = _form(values, draft=found, errors=(error,))
    return Response(page, entry.status, mimetype="text/html")


def _form(
    values: Json, *, draft: OfferDraft | None = None, errors: tuple[tuple[str, str], ...] = ()
) -> str:
    return consoles.page(
        "merchant/offer.html",
        current=INDEX,
        edition=None if draft is None else _edition(draft),
        purposes=_purposes(values),
        services=_services(values),
        joins=[
            {
                "value": value,
                "label": label.text(pages.language()),
                "checked": value == (values.get("join") or offer_words.ANY),
            }
            for value, label in JOINS.items()
        ],
        resident=bool(values.get("resident")),
        typed={name: values.get(name, "") for name in offer_words.TYPED},
        errors=list(errors),
    )


def _edition(draft: OfferDraft) -> int:
    """Return the edition this page was written on; a refused one keeps its own."""
    return counter_forms.number("edition") if "edition" in request.form else draft.edition


def _purposes(values: Json) -> list[dict[str, Any]]:
    return [
        {
            "value": each.id,
            "label": Bilingual(each.name_zh, each.name_en).text(pages.language()),
            "chosen": str(each.id) == values.get("purpose"),
        }
        for each in merchant_offers.purposes(scope.db(), organisation_id())
    ]


def _services(values: Json) -> list[dict[str, Any]]:
    return [
        {
            "value": each.code,
            "label": Bilingual(each.name_zh, each.name_en),
            "checked": each.code in values.get("services", ()),
        }
        for each in activations.services(scope.db())
        if each.state in OFFERED
    ]
