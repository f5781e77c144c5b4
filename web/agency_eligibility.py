"""Let an agency lay down who is entitled to its services, and plan checks (6(3), 7(5))."""

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from audit import trail
from kernel.clock import taipei_day
from kernel.db import Json
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from services import activations, rules
from services import eligibility_runs as runs
from services.eligibility_models import CheckRun, RuleVersion
from services.models import Service
from services.rules import Draft
from web import consoles, counter_forms, csrf, pages, scope
from web import eligibility_words as words
from web.agency_counters import STAFF, organisation_id, staff_required

bp = Blueprint("agency_eligibility", __name__, url_prefix="/agency/eligibility")
INDEX = "agency_eligibility.index"
MOST = 50
LARGEST_FILE = 4 * 1024 * 1024  # bytes
consoles.register_menu(INDEX, Bilingual("資格與查核", "Eligibility"), icon="check", roles=STAFF)


@bp.before_request
def _only_our_forms() -> None:
    if request.endpoint == "agency_eligibility.upload":
        request.max_content_length = LARGEST_FILE
    csrf.only_our_forms()


@bp.get("")
@staff_required
def index() -> str:
    """List the agency's services with the rule in force, and the checks there were."""
    services = _services()
    versions = rules.versions(scope.db(), [each.id for each in services])
    now = rules.in_force(versions, on=taipei_day(scope.now()))
    names = rules.names_in(scope.db(), list(now.values()))
    return consoles.page(
        "agency/eligibility.html",
        current=INDEX,
        services=[
            {
                "code": each.code,
                "name": Bilingual(each.name_zh, each.name_en),
                "rule": None if each.id not in now else told(now[each.id], names),
            }
            for each in services
        ],
        runs=[row(each) for each in runs.listed(scope.db(), organisation_id(), most=MOST)],
    )


def _services() -> list[Service]:
    return list(
        scope.db().scalars(
            select(Service)
            .where(Service.organisation_id == organisation_id(), Service.closed_at.is_(None))
            .order_by(Service.code)
        )
    )


def told(version: RuleVersion, names: dict[str, Bilingual]) -> dict[str, Any]:
    """Return what a page says of a version."""
    return {
        "version": version.version,
        "words": rules.words(version, names),
        "basis": version.basis,
        "effective_on": version.effective_on,
    }


def row(run: CheckRun) -> dict[str, Any]:
    """Return what a list says of a check."""
    return {
        "reference": run.reference,
        "service": Bilingual(run.service.name_zh, run.service.name_en),
        "state": words.RUNS[run.state],
        "look": words.RUN_LOOKS[run.state],
        "on": run.scheduled_on,
        "holders": run.holders,
    }


def error_of(refused: Refused | None) -> str:
    """Return a refusal in the reader's words, to stand above a form."""
    return "" if refused is None else refusal(refused.code).title.text(pages.language())


@bp.get("/services/<code>")
@staff_required
def service(code: str) -> str:
    """Show the rules of one service, and the forms for the next version and for a check."""
    return _page(_mine(code))


def _mine(code: str) -> Service:
    found = activations.get_service(scope.db(), code)
    if found.organisation_id != organisation_id():
        raise NotFound("service.not_found")
    return found


def _page(mine: Service, field: str = "", refused: Refused | None = None) -> str:
    versions = rules.versions(scope.db(), [mine.id])
    names = rules.names_in(scope.db(), versions)
    today = taipei_day(scope.now())
    now = rules.in_force(versions, on=today).get(mine.id)
    return consoles.page(
        "agency/eligibility_service.html",
        current=INDEX,
        code=mine.code,
        name=Bilingual(mine.name_zh, mine.name_en),
        versions=[
            {**told(each, names), "is_now": each is now, "is_ahead": each.effective_on > today}
            for each in versions
        ],
        others=[
            {"code": each.code, "name": Bilingual(each.name_zh, each.name_en)}
            for each in _services()
            if each.id != mine.id
        ],
        typed=request.form,
        chosen=request.form.getlist("activated"),
        today=today.isoformat(),
        errors=[(field, error_of(refused))] if refused else [],
    )


@bp.post("/services/<code>/rules")
@staff_required
def adopt(code: str) -> Response:
    """Enter the next version of a service's rule."""
    mine = _mine(code)
    try:
        with scope.step():
            version = rules.adopt(
                scope.db(),
                mine,
                _draft(),
                organisation_id=organisation_id(),
                by=scope.member_id(),
                now=scope.now(),
            )
    except Refused as refused:
        return Response(_page(mine, "by_hand_zh", refused), 422, mimetype="text/html")
    _record("eligibility.rule_adopted", version.id, code=code, version=version.version)
    return redirect(url_for(".service", code=code), 303)


def _draft() -> Draft:
    return Draft(
        rule=_rule(),
        by_hand=Bilingual(counter_forms.typed("by_hand_zh"), counter_forms.typed("by_hand_en")),
        basis=counter_forms.typed("basis"),
        effective_on=counter_forms.day("effective_on"),
    )


def _rule() -> Json | None:
    """Return what was ticked as a rule; what is no age is refused by the grammar."""
    parts: list[Json] = []
    if counter_forms.typed("age"):
        parts.append({"age_at_least": counter_forms.number("age")})
    if "resident" in request.form:
        parts.append({"resident_of": "taipei"})
    parts += [{"activated": code} for code in request.form.getlist("activated")]
    if len(parts) > 1:
        return {"any_of" if request.form.get("joined") == "any" else "all_of": parts}
    return parts[0] if parts else None


@bp.post("/services/<code>/runs")
@staff_required
def schedule(code: str) -> Response:
    """Plan a check of everybody who has the service."""
    mine = _mine(code)
    try:
        with scope.step():
            run = runs.schedule(
                scope.db(),
                mine,
                counter_forms.day("on"),
                organisation_id=organisation_id(),
                by=scope.member_id(),
                now=scope.now(),
            )
    except Refused as refused:
        return Response(_page(mine, "on", refused), 422, mimetype="text/html")
    _record("eligibility.run_planned", run.id, reference=run.reference, code=code)
    return redirect(url_for(".run", reference=run.reference), 303)


def _record(event: str, subject: UUID, **detail: str | int) -> None:
    session, now = scope.db(), scope.now()
    trail.record(session, event, actor=scope.member_id(), subject=subject, now=now, **detail)
