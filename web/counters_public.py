"""Show everybody the counters, their hours, and the services with their days (4-II, 8(4)).

No login, nothing written; each page is made from the rows that decide, and sent again only when it
changed.
"""

from typing import Any
from uuid import UUID

from flask import Blueprint, request
from werkzeug.wrappers import Response

from clients.models import Organisation
from counters import published
from counters.delegations import State, state
from counters.models import District
from counters.published import PublicCounter, PublicService
from kernel.clock import taipei_day
from kernel.wording import Bilingual
from services import rules
from web import counter_words as words
from web import desk_words, pages, scope

bp = Blueprint("counters", __name__)


@bp.get("/counters")
def index() -> Response:
    """List the counters, of one district if one is chosen."""
    chosen = next((each for each in District if each == request.args.get("district")), None)
    found = published.counters(scope.db(), now=scope.now())
    districts = {each.counter.district for each in found}
    return _kept(
        "counters",
        counters=[_row(each) for each in found if chosen in {None, each.counter.district}],
        districts=[
            {"value": each.value, "label": _text(words.DISTRICTS[each]), "chosen": each is chosen}
            for each in District
            if each in districts
        ],
        chosen=chosen is not None,
    )


@bp.get("/counters/<code>")
def one(code: str) -> Response:
    """Show one counter."""
    found = published.counter(scope.db(), code, now=scope.now())
    return _kept(
        "counter",
        **_row(found),
        phone=found.counter.phone,
        hours=words.week(found.workdays.hours),
        matters=[words.MATTERS[each] for each in sorted(found.at.matters)],
        terms=[
            {"name": desk_words.MATTERS[each.matter], "days": each.days, "due_on": each.due_on}
            for each in found.matters
        ],
        mails=found.counter.mails_cards,
        services=[_service(each) for each in found.services],
        days_off=found.days_off,
        delegations=[
            {
                "ground": words.GROUNDS[each.ground],
                "provision": each.provision,
                "document": each.document_number,
                "starts_on": each.starts_on,
                "ends_on": each.ends_on,
                "notice_on": each.notice_on,
                "gazette": each.gazette,
            }
            for each in found.at.delegations
            if state(each, found.at.today) is State.EFFECTIVE
        ],
    )


@bp.get("/services")
def services() -> Response:
    """List the services, how long each takes, and until when what is filed now is answered."""
    found = published.services(scope.db(), now=scope.now())
    rule_of = entitled([each.service.id for each in found])
    agencies: dict[str, list[PublicService]] = {}
    for each in found:
        agencies.setdefault(each.service.organisation.name_zh, []).append(each)
    return _kept(
        "services",
        agencies=[
            {
                "name": _agency(of[0].service.organisation),
                "services": [
                    _service(each) | {"rule": rule_of.get(each.service.id)} for each in of
                ],
            }
            for of in agencies.values()
        ],
    )


def entitled(service_ids: list[UUID]) -> dict[UUID, Any]:
    """Return who is entitled to each service today, in words."""
    versions = rules.versions(scope.db(), service_ids)
    now = rules.in_force(versions, on=taipei_day(scope.now()))
    names = rules.names_in(scope.db(), list(now.values()))
    return {
        service_id: {"words": rules.words(version, names), "basis": version.basis}
        for service_id, version in now.items()
    }


def _row(each: PublicCounter) -> dict[str, Any]:
    """Return what both pages tell of a counter."""
    return {
        "code": each.counter.code,
        "name": words.name(each.counter),
        "agency": _agency(each.counter.organisation),
        "district": words.DISTRICTS[each.counter.district],
        "address": words.address(each.counter),
        "status": each.at.status.value,
        "said": words.STATUSES[each.at.status],
        "is_open_now": each.is_open_now,
    }


def _service(each: PublicService) -> dict[str, Any]:
    return {
        "code": each.service.code,
        "name": Bilingual(each.service.name_zh, each.service.name_en),
        "days": each.service.working_days,
        "due_on": each.due_on,
    }


def _agency(row: Organisation) -> Bilingual:
    return Bilingual(row.name_zh, row.name_en)


def _text(wording: Bilingual) -> str:
    return wording.text(pages.language())


def _kept(template: str, **context: Any) -> Response:  # whatever the template needs
    return pages.public(f"public/{template}.html", **context)
