"""Let an agency keep its list of logins and cards, ask to be excused, and plan their end (3)."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import trail
from kernel import clock
from kernel.errors import NotFound, Refused
from kernel.wording import Bilingual
from services import inventory, milestones, plans, publishing, waivers
from services.inventory import Line
from services.inventory_models import IdentitySystem, Integration, PlanVersion, SystemKind
from services.milestones import Done
from services.plans import Plan
from services.publishing import Step
from web import agency_counters as agency
from web import consoles, counter_forms, csrf, inventory_words, pages, scope
from web import publication_words as words
from web.agency_annexes import EDITABLE
from web.agency_counters import STAFF, staff_required
from web.reading_apart import read_apart

bp = Blueprint("agency_inventory", __name__, url_prefix="/agency/inventory")
INDEX = "agency_inventory.index"
consoles.register_menu(INDEX, Bilingual("整合清冊", "Inventory"), icon="list", roles=STAFF)
PLANNED = ("process", "replacement", "holders")


bp.before_request(csrf.only_our_forms)


@bp.get("")
@staff_required
@read_apart
def index() -> str:
    """List what identifies people in this agency, the overdue first."""
    return _index()


@bp.post("/new")
@staff_required
def new() -> Response | str:
    """Enter a login or a card."""
    try:
        kind = next((each for each in SystemKind if each == counter_forms.typed("kind")), None)
        system = inventory.enter(
            scope.db(),
            agency.organisation_id(),
            kind or SystemKind.LOGIN,
            Bilingual(counter_forms.typed("name_zh"), counter_forms.typed("name_en")),
            deadline=counter_forms.day("deadline"),
            now=scope.now(),
        )
    except Refused as refused:
        scope.abandon(refused)
        return _index(refused)
    _record("inventory.entered", system.id)
    return _back(system.id)


@bp.get("/<uuid:system_id>")
@staff_required
def one(system_id: UUID) -> str:
    """Show one system: its status, what excuses it, its plan."""
    return _one(_mine(system_id))


@bp.post("/<uuid:system_id>/status")
@staff_required
def set_status(system_id: UUID) -> Response | str:
    """Note how far a system has come."""

    def act(system: IdentitySystem) -> None:
        wanted = counter_forms.typed("status")
        status = next((each for each in Integration if each == wanted), None)
        if status is None:
            raise Refused("inventory.incomplete")
        inventory.set_status(scope.db(), system, status, now=scope.now())
        _record("inventory.status_set", system_id, status=status.value)

    return _acted(system_id, act)


@bp.post("/<uuid:system_id>/waiver")
@staff_required
def ask_waiver(system_id: UUID) -> Response | str:
    """Ask DoIT to excuse a system, or to go on."""

    def act(system: IdentitySystem) -> None:
        waiver = waivers.request(
            scope.db(),
            system,
            reason=counter_forms.text("reason", longest=waivers.LONGEST_REASON),
            document_number=counter_forms.typed("waiver_number"),
            until=counter_forms.day("until"),
            by=scope.member_id(),
            now=scope.now(),
        )
        _record("waiver.requested", waiver.id)

    return _acted(system_id, act)


@bp.route("/<uuid:system_id>/plan", methods=["GET", "POST"])
@staff_required
def plan(system_id: UUID) -> Response | str:
    """Draft the plan of a system's end, beginning with the words of the last version."""
    system = _mine(system_id)
    if request.method == "GET":
        return _plan_form(system)
    try:
        row = plans.save(scope.db(), system, _typed(), by=scope.member_id(), now=scope.now())
    except Refused as refused:
        scope.abandon(refused)
        return _plan_form(_mine(system_id), refused)
    _record("plan.drafted", row.id)
    return _back(system_id)


@bp.post("/<uuid:system_id>/milestones")
@staff_required
def mark_step(system_id: UUID) -> Response | str:
    """Note that a step of the published plan was done."""

    def act(system: IdentitySystem) -> None:
        day, _, what = counter_forms.typed("step").partition(" ")
        mark = milestones.mark(
            scope.db(),
            system,
            (_step_day(day), what),
            Done(on=counter_forms.day("done_on"), evidence=counter_forms.typed("evidence")),
            by=scope.member_id(),
            now=scope.now(),
        )
        _record("milestone.done", mark.id, due=day, system=str(system.id))

    return _acted(system_id, act)


def _step_day(typed: str) -> date:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        raise NotFound("publish.not_found") from None


@bp.post("/<uuid:system_id>/milestones/<uuid:mark_id>/take-back")
@staff_required
def take_step_back(system_id: UUID, mark_id: UUID) -> Response | str:
    """Note that a step was marked by mistake."""

    def act(system: IdentitySystem) -> None:
        milestones.take_back(scope.db(), system, mark_id, by=scope.member_id(), now=scope.now())
        _record("milestone.taken_back", mark_id, system=str(system.id))

    return _acted(system_id, act)


@bp.post("/<uuid:system_id>/plan/submit")
@staff_required
def submit_plan(system_id: UUID) -> Response | str:
    """Send the plan to DoIT; it is published when DoIT agrees."""

    def act(system: IdentitySystem) -> None:
        row = publishing.find_open(scope.db(), PlanVersion, system.id)
        if row is None:
            raise NotFound("publish.not_found")
        publishing.submit(
            scope.db(),
            row,
            document_number=counter_forms.typed("document_number"),
            by=scope.member_id(),
            now=scope.now(),
        )
        _record("plan.submitted", row.id)

    return _acted(system_id, act)


def _acted(system_id: UUID, act: Callable[[IdentitySystem], None]) -> Response | str:
    """Do it and show the system again, or what is in the way."""
    try:
        act(_mine(system_id))
    except NotFound:
        raise
    except Refused as refused:
        scope.abandon(refused)
        return _one(_mine(system_id), refused)
    return _back(system_id)


def _mine(system_id: UUID) -> IdentitySystem:
    return inventory.mine(scope.db(), system_id, organisation_id=agency.organisation_id())


def _typed() -> Plan:
    named = {
        name: Bilingual(
            *(
                counter_forms.text(f"{name}_{tag}", longest=plans.LONGEST_PROCESS)
                for tag in ("zh", "en")
            )
        )
        for name in PLANNED
    }
    milestones = counter_forms.text("milestones", longest=10 * plans.LONGEST_PROCESS)
    return Plan(
        **named,
        milestones=plans.read_milestones(milestones),
        sunset_on=counter_forms.day_or_none("sunset_on"),
    )


def _record(event: str, subject: UUID, **detail: str) -> None:
    trail.record(
        scope.db(), event, actor=scope.member_id(), subject=subject, now=scope.now(), **detail
    )


def _back(system_id: UUID) -> Response:
    return redirect(url_for("agency_inventory.one", system_id=system_id), 303)


def _index(refused: Refused | None = None) -> str:
    found = inventory.lines(
        scope.db(), on=clock.taipei_day(scope.now()), organisation_id=agency.organisation_id()
    )
    return _page(
        "inventory",
        rows=inventory_words.rows(found),
        kinds=agency.chosen(inventory_words.KINDS, request.form.get("kind", SystemKind.LOGIN)),
        values=request.form,
        error=agency.error_words(refused),
    )


def _one(system: IdentitySystem, refused: Refused | None = None) -> str:
    session, today = scope.db(), clock.taipei_day(scope.now())
    [line] = [
        each
        for each in inventory.lines(session, on=today, organisation_id=system.organisation_id)
        if each.system.id == system.id
    ]
    found = publishing.versions(session, PlanVersion, system.id)
    open_plan = next((each for each in found if each.step is not Step.APPROVED), None)
    names = {status: words for status, (words, _) in inventory_words.STATUSES.items()}
    return _page(
        "inventory_one",
        row=inventory_words.row(line),
        open_steps=_open_steps(line),
        statuses=agency.chosen(names, system.status or ""),
        waivers=[
            (each, *inventory_words.waiver(each, on=today))
            for each in waivers.of_system(session, system.id)
        ],
        plan=open_plan,
        is_editable=open_plan is not None and open_plan.step in EDITABLE,
        history=words.history(found, on=today),
        typed=request.form,
        error=agency.error_words(refused),
    )


def _open_steps(line: Line) -> list[dict[str, Any]]:
    """Return the steps that are not done, to choose one of them."""
    chosen = request.form.get("step")
    return [
        {
            "value": each["value"],
            "label": f"{each['on']} {each['what'].text(pages.language())}",
            "chosen": each["value"] == chosen,
        }
        for each in inventory_words.steps(line.steps)
        if each["mark"] is None
    ]


def _plan_form(system: IdentitySystem, refused: Refused | None = None) -> str:
    return _page(
        "plan_form",
        system_id=system.id,
        name=Bilingual(system.name_zh, system.name_en),
        values=request.form if refused else _last(system),
        error=agency.error_words(refused),
    )


def _last(system: IdentitySystem) -> dict[str, Any]:
    found = publishing.versions(scope.db(), PlanVersion, system.id)
    if not found:
        return {}
    names = [f"{name}_{tag}" for name in PLANNED for tag in ("zh", "en")]
    steps = [
        f"{each.on.isoformat()} {each.what.zh} | {each.what.en}"
        for each in plans.milestones(found[0])
    ]
    return {
        **{name: getattr(found[0], name) for name in names},
        "milestones": "\n".join(steps),
        "sunset_on": found[0].sunset_on.isoformat(),
    }


def _page(template: str, **context: Any) -> str:  # whatever the template needs
    return consoles.page(f"agency/{template}.html", current=INDEX, **context)
