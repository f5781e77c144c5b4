"""Let officers delegate to a counter: draft, sign, publish with a citation, extend, revoke (4)."""

from typing import Any
from uuid import UUID

from flask import redirect, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from counters import delegations
from counters.delegations import GROUNDS, State
from counters.models import Counter, Delegation, Ground
from kernel.clock import taipei_day
from kernel.errors import NotFound, Refused
from kernel.wording import Bilingual
from services.models import OFFERED, Service
from web import agency_counters as counters
from web import counter_forms, scope
from web import counter_words as words
from web.agency_counters import bp, staff_required


@bp.get("/<code>/delegations/new")
@staff_required
def new_delegation(code: str) -> str:
    """Show the form of a delegation."""
    return _form(counters.mine(code))


@bp.post("/<code>/delegations/new")
@staff_required
def draft(code: str) -> Response | str:
    """Write a delegation down; it lets nobody do anything yet."""
    counter = counters.mine(code)
    try:
        with scope.step():
            row = delegations.draft(scope.db(), counter, counter_forms.terms(), now=scope.now())
    except Refused as refused:
        return _form(counter, refused)
    counters.record("delegation.drafted", counter, document=row.document_number)
    return _back(counter, row)


@bp.get("/<code>/delegations/<uuid:delegation_id>")
@staff_required
def delegation(code: str, delegation_id: UUID) -> str:
    """Show a delegation and the next step."""
    return _show(*_mine(code, delegation_id))


STEPS = '<any("sign", "publish", "extend", "revoke"):kind>'


@bp.post(f"/<code>/delegations/<uuid:delegation_id>/{STEPS}")
@staff_required
def step(code: str, delegation_id: UUID, kind: str) -> Response | str:
    """Take one step; of two officers at once, one is told to look again."""
    counter, row = _mine(code, delegation_id)
    try:
        with scope.step():
            _take(row, kind)
    except Refused as refused:
        return _show(counter, row, refused)
    counters.record(
        f"delegation.{kind}",
        counter,
        document=row.document_number,
        ends_on=row.ends_on.isoformat(),
        gazette=row.gazette or "",
    )
    return _back(counter, row)


def _take(row: Delegation, kind: str) -> None:
    session, now = scope.db(), scope.now()
    if kind == "sign":
        delegations.sign(session, row, now=now)
    elif kind == "publish":
        delegations.publish(session, row, counter_forms.citation(), now=now)
    elif kind == "extend":
        citation = None if row.ground is Ground.OWN_STAFF else counter_forms.citation()
        until, seen = counter_forms.day("until"), counter_forms.day("seen")
        delegations.extend(session, row, until, citation, seen=seen, now=now)
    else:
        delegations.revoke(session, row, now=now)


def _mine(code: str, delegation_id: UUID) -> tuple[Counter, Delegation]:
    counter = counters.mine(code)
    row = delegations.get(scope.db(), delegation_id, organisation_id=counters.organisation_id())
    if row.counter_id != counter.id:
        raise NotFound("counter.not_found")
    return counter, row


def _back(counter: Counter, row: Delegation) -> Response:
    return redirect(
        url_for("agency_counters.delegation", code=counter.code, delegation_id=row.id), 303
    )


def card(row: Delegation, counter: Counter) -> dict[str, Any]:
    """Return what a list says of a delegation."""
    state = delegations.state(row, taipei_day(scope.now()))
    return {
        "url": url_for("agency_counters.delegation", code=counter.code, delegation_id=row.id),
        "document": row.document_number,
        "state": state.value,
        "said": words.STATES[state],
        "starts_on": row.starts_on,
        "ends_on": row.ends_on,
    }


def _show(counter: Counter, row: Delegation, refused: Refused | None = None) -> str:
    return counters.page(
        "delegation",
        code=counter.code,
        counter=words.name(counter),
        card=card(row, counter),
        row=row,
        ground=words.GROUNDS[row.ground],
        matters=[words.MATTERS[each] for each in words.MATTERS if each.value in row.matters],
        is_own_staff=row.ground is Ground.OWN_STAFF,
        may_extend=delegations.state(row, taipei_day(scope.now()))
        in {State.EFFECTIVE, State.AHEAD},
        values=request.form,
        error=counters.error_words(refused),
        action=lambda kind: url_for(
            "agency_counters.step", code=counter.code, delegation_id=row.id, kind=kind
        ),
    )


def _form(counter: Counter, refused: Refused | None = None) -> str:
    fitting = {each: words.GROUNDS[each] for each in GROUNDS[counter.holder]}
    ticked = set(request.form.getlist("matters")) | set(request.form.getlist("services"))
    services = scope.db().scalars(
        select(Service)
        .where(Service.organisation_id == counter.organisation_id, Service.state.in_(OFFERED))
        .order_by(Service.code)
    )
    return counters.page(
        "delegation_form",
        code=counter.code,
        counter=words.name(counter),
        grounds=counters.chosen(fitting, request.form.get("ground")),
        matters=[
            {"value": each.value, "label": label, "checked": each.value in ticked}
            for each, label in words.MATTERS.items()
        ],
        services=[
            {
                "value": each.code,
                "label": Bilingual(each.name_zh, each.name_en),
                "checked": each.code in ticked,
            }
            for each in services
        ],
        values=request.form,
        error=counters.error_words(refused),
    )
