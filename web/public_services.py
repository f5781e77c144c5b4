"""Show each service: days, documents by who comes, form, text, and where it is accepted (8(4))."""

from typing import Any

from werkzeug.wrappers import Response

from counters import documents, published
from counters.case_models import CaseMatter
from counters.documents import Situation
from kernel.wording import Bilingual
from members.application_models import PersonKind
from services import content, forms, offers
from web import counter_words, counters_public, desk_words, pages, scope
from web.public import bp, item, page, today

COMERS = (  # who comes, and what decides about their documents
    (Bilingual("滿 14 歲的國民", "Nationals from 14 years on"), PersonKind.NATIONAL, False),
    (Bilingual("未滿 14 歲的國民", "Nationals under 14"), PersonKind.NATIONAL, True),
    (Bilingual("外國人", "Foreign nationals"), PersonKind.FOREIGN, False),
)


@bp.get("/services/<code>")
def service(code: str) -> Response:
    """Show one service."""
    session, on, language = scope.db(), today(), pages.language()
    found = published.service(session, code[:64], now=scope.now())
    row = found.service
    annex = forms.in_force(session, row.id, on=on)
    accepted_at = [
        each for each in published.counters(session, now=scope.now()) if each.takes(row.code)
    ]
    return page(
        "service",
        code=row.code,
        name=Bilingual(row.name_zh, row.name_en),
        agency=Bilingual(row.organisation.name_zh, row.organisation.name_en),
        days=row.working_days,
        due_on=found.due_on,
        comers=[
            (
                who,
                [
                    desk_words.need(each, language)
                    for each in _needed(kind, annex, is_child=is_child)
                ],
            )
            for who, kind, is_child in COMERS
        ],
        rule=counters_public.entitled([row.id]).get(row.id),
        has_annex=annex is not None,
        texts=[
            item(each)
            for each in content.published(session, on=on)
            if each.item.service_id == row.id
        ],
        counters=[
            {"code": each.counter.code, "name": counter_words.name(each.counter)}
            for each in accepted_at
        ],
    )


def _needed(kind: PersonKind, annex: object, *, is_child: bool) -> tuple[documents.Need, ...]:
    return documents.needed(
        Situation(
            matter=CaseMatter.ACTIVATION,
            kind=kind,
            is_child=is_child,
            wants_annex=annex is not None,
        )
    )


@bp.get("/offers")
def all_offers() -> Response:
    """List the offers of contracted merchants that are in force today (6(4))."""
    return page("offers", rows=[_offer(each) for each in offers.in_force(scope.db(), on=today())])


def _offer(each: offers.PublicOffer) -> dict[str, Any]:
    return {
        "title": each.title,
        "merchant": each.merchant,
        "valid_from": each.valid_from,
        "valid_until": each.valid_until,
        "document": each.document,
    }
