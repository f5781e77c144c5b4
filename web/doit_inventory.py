"""DoIT's view of what identifies people: coverage, what is red, who is excused (3-I)."""

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import trail
from clients.officer_models import Role
from kernel import clock
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from services import inventory, waivers
from services.inventory_models import Waiver, WaiverState
from web import consoles, counter_forms, csrf, inventory_words, pages, scope
from web.reading_apart import read_apart

bp = Blueprint("doit_inventory", __name__, url_prefix="/doit")
READERS = (Role.REVIEWER, Role.AUDITOR)


bp.before_request(csrf.only_our_forms)


@bp.get("/inventory")
@consoles.staff_required(*READERS)
@read_apart
def index() -> str:
    """Show how far each agency has come, the overdue first."""
    return _index()


@bp.post("/inventory/<uuid:system_id>/deadline")
@consoles.staff_required(Role.REVIEWER)
def set_deadline(system_id: UUID) -> Response | str:
    """Set another deadline."""
    try:
        with scope.step():
            system = inventory.get(scope.db(), system_id)
            day = counter_forms.day("deadline")
    except NotFound:
        raise
    except Refused as refused:
        return _index(refusal(refused.code).title.text(pages.language()))
    inventory.set_deadline(scope.db(), system, day, now=scope.now())
    _record("inventory.deadline_set", system.id, deadline=day.isoformat())
    return redirect(url_for(".index"), 303)


def _index(error: str = "") -> str:
    found = inventory.lines(scope.db(), on=clock.taipei_day(scope.now()))
    return consoles.page(
        "console/inventory.html",
        current="doit_inventory.index",
        agencies=[
            {
                "name": Bilingual(each.organisation.name_zh, each.organisation.name_en),
                "of": each,
                "rows": inventory_words.rows(each.lines),
            }
            for each in inventory.coverage(found)
        ],
        may_set=scope.post().role is Role.REVIEWER,
        error=error,
    )


@bp.get("/waivers")
@consoles.staff_required(*READERS)
@read_apart
def all_waivers() -> str:
    """List what waits for a decision, and what counts now."""
    today = clock.taipei_day(scope.now())
    return consoles.page(
        "console/waivers.html",
        current="doit_inventory.all_waivers",
        waiting=[_told(each) for each in waivers.waiting(scope.db())],
        granted=[
            _told(each) | {"said": inventory_words.waiver(each, on=today)}
            for each in waivers.granted(scope.db())
        ],
    )


@bp.get("/waivers/<uuid:waiver_id>")
@consoles.staff_required(*READERS)
def waiver(waiver_id: UUID) -> str:
    """Show one request, its reasons, and what was decided."""
    return _waiver(waivers.get(scope.db(), waiver_id))


@bp.post("/waivers/<uuid:waiver_id>")
@consoles.staff_required(Role.REVIEWER)
def decide(waiver_id: UUID) -> Response:
    """Grant until a day, deny with a reason, or end what was granted."""
    row, decision = waivers.get(scope.db(), waiver_id), request.form.get("decision", "")
    try:
        _decide(row, decision)
    except NotFound:
        raise
    except Refused as refused:
        scope.abandon(refused)
        entry = refusal(refused.code)
        again = _waiver(waivers.get(scope.db(), waiver_id), entry.title.text(pages.language()))
        return Response(again, entry.status, mimetype="text/html")
    _record(f"waiver.{decision}", row.id)
    return redirect(url_for(".all_waivers"), 303)


def _decide(row: Waiver, decision: str) -> None:
    session, by, now = scope.db(), scope.member_id(), scope.now()
    match decision:
        case "grant":
            waivers.grant(session, row, until=counter_forms.day("until"), by=by, now=now)
        case "deny":
            reason = counter_forms.text("reason", longest=waivers.LONGEST_DECISION)
            waivers.deny(session, row, reason=reason, by=by, now=now)
        case "end":
            waivers.end(session, row, now=now)
        case _:
            raise NotFound("waiver.not_found")


def _waiver(row: Waiver, error: str = "") -> str:
    today = clock.taipei_day(scope.now())
    is_reviewer = scope.post().role is Role.REVIEWER
    return consoles.page(
        "console/waiver.html",
        current="doit_inventory.all_waivers",
        row=row,
        told=_told(row),
        said=inventory_words.waiver(row, on=today),
        may_decide=is_reviewer and row.state is WaiverState.REQUESTED,
        may_end=is_reviewer and row.state is WaiverState.GRANTED,
        typed=request.form,
        error=error,
    )


def _told(row: Waiver) -> dict[str, Any]:
    system = row.system
    return {
        "id": row.id,
        "name": Bilingual(system.name_zh, system.name_en),
        "agency": Bilingual(system.organisation.name_zh, system.organisation.name_en),
        "asked_until": row.asked_until,
        "until": row.until,
    }


def _record(event: str, subject: UUID, **detail: str) -> None:
    trail.record(
        scope.db(), event, actor=scope.member_id(), subject=subject, now=scope.now(), **detail
    )


def _waiting() -> int:
    return waivers.count_waiting(scope.db())


consoles.register_menu(
    "doit_inventory.index", Bilingual("整合清冊", "Inventory"), icon="list", roles=READERS
)
consoles.register_menu(
    "doit_inventory.all_waivers",
    Bilingual("豁免", "Waivers"),
    icon="shield",
    roles=READERS,
    waits=_waiting,
)
