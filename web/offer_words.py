"""Say in words what became of an offer, and read one that was typed (6(4), 2(8)4)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import request

from clients.models import Purpose
from kernel.db import Json
from kernel.errors import Refused
from kernel.wording import Bilingual
from services import eligibility
from services.models import Offer
from services.offer_draft_models import OfferDraft
from services.offers import Terms
from web import counter_forms

WAITING = (Bilingual("等資訊局核定", "Waits for DoIT"), "warn")
HALTED = (
    Bilingual(
        "停答：條件的人數太少，可能認得出人", "Held back: so few people fit that they could be told"
    ),
    "bad",
)
ENDED = (Bilingual("已結束", "Ended"), "plain")
IN_FORCE = (Bilingual("生效中", "In force"), "ok")
NOT_NOW = (Bilingual("已核定，不在期間內", "Approved, not in its period"), "info")
ANY, ALL = "any_of", "all_of"
TYPED = "title_zh title_en age document_number valid_from valid_until".split()
LONGEST, MOST = 200, 50  # characters of a field, services


def state(offer: Offer, today: date) -> tuple[Bilingual, str]:
    """Return what became of a version, and how it looks."""
    if offer.ended_at is not None:
        return ENDED
    if offer.approved_at is None:
        return WAITING
    if offer.halted_at is not None:
        return HALTED
    return IN_FORCE if offer.valid_from <= today <= offer.valid_until else NOT_NOW


def row(offer: Offer, names: Mapping[str, Bilingual], today: date) -> dict[str, Any]:
    """Return what a page says of a version."""
    return {
        "id": offer.id,
        "title": Bilingual(offer.title_zh, offer.title_en),
        "version": offer.version,
        "rule": eligibility.words(eligibility.parse(offer.rule), names),
        "from_on": offer.valid_from,
        "until": offer.valid_until,
        "document": offer.document_number,
        "approval": offer.approval_number,
        "state": state(offer, today),
        "is_live": offer.ended_at is None,
        "waits": offer.approved_at is None and offer.ended_at is None,
    }


def title(draft: OfferDraft, purpose: Purpose) -> Bilingual:
    """Return what a draft is called, or what it is for while it has no name."""
    named = Bilingual(draft.typed.get("title_zh", ""), draft.typed.get("title_en", ""))
    return named if all(named) else Bilingual(purpose.name_zh, purpose.name_en)


def kept() -> Json:
    """Return the fields of the form as they were typed, finished or not."""
    fields: Json = {name: counter_forms.typed(name)[:LONGEST] for name in (*TYPED, "join")}
    codes = [code[:64] for code in request.form.getlist("services") if code.isidentifier()]
    return fields | {"resident": "resident" in request.form, "services": codes[:MOST]}


def of_version(offer: Offer) -> Json:
    """Return the fields of the form that say what a version says; a rule only if they can."""
    fields: Json = {
        "purpose": str(offer.purpose_id),
        "title_zh": offer.title_zh,
        "title_en": offer.title_en,
        "valid_from": offer.valid_from.isoformat(),
        "valid_until": offer.valid_until.isoformat(),
    }
    parts = next((offer.rule[join] for join in (ANY, ALL) if join in offer.rule), [offer.rule])
    names = {name for part in parts for name in part}
    if not names <= {"age_at_least", "resident_of", "activated"}:
        return fields  # a rule of the command line
    return fields | {
        "join": ALL if ALL in offer.rule else ANY,
        "age": next((str(part["age_at_least"]) for part in parts if "age_at_least" in part), ""),
        "resident": "resident_of" in names,
        "services": [part["activated"] for part in parts if "activated" in part],
    }


def typed() -> Terms:
    """Return the offer that was typed. Raises Refused `offer.rule_invalid`, `form.day_missing`."""
    read = counter_forms.typed
    if not all((read("title_zh"), read("title_en"))):
        raise Refused("offer.title_missing")
    return Terms(
        title=Bilingual(read("title_zh")[:200], read("title_en")[:200]),
        rule=_rule(),
        document_number=read("document_number"),
        valid_from=counter_forms.day("valid_from"),
        valid_until=counter_forms.day("valid_until"),
    )


def _rule() -> Json:
    parts: list[Json] = []
    if counter_forms.typed("age"):
        parts.append({"age_at_least": counter_forms.number("age")})
    if "resident" in request.form:
        parts.append({"resident_of": "taipei"})
    parts += [{"activated": code[:64]} for code in request.form.getlist("services")]
    if not parts:
        raise Refused("offer.rule_invalid")
    if len(parts) == 1:
        return parts[0]
    return {ALL if counter_forms.typed("join") == ALL else ANY: parts}
