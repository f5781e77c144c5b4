"""Say in words what became of an offer, and read one that was typed (6(4), 2(8)4)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import request

from kernel.db import Json
from kernel.errors import Refused
from kernel.wording import Bilingual
from services import eligibility
from services.models import Offer
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
