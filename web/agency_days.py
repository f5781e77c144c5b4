"""Let an agency say how many working days each of its services takes (8(4))."""

from flask import redirect, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from audit import trail
from counters import terms
from kernel.errors import Refused
from kernel.wording import Bilingual
from services import working_days
from services.models import Service
from web import agency_counters as counters
from web import consoles, counter_forms, scope
from web.agency_counters import STAFF, bp, staff_required

consoles.register_menu(
    "agency_counters.service_days", Bilingual("辦理天數", "Working days"), roles=STAFF
)


@bp.get("/service-days")
@staff_required
def service_days() -> str:
    """List the agency's open services and how long each takes."""
    return _page()


@bp.post("/service-days")
@staff_required
def set_days() -> Response | str:
    """Set the days of one service, for what is filed from now on."""
    code, days = counter_forms.typed("service"), counter_forms.number("days")
    try:
        with scope.step():
            working_days.set_days(
                scope.db(), code, days, organisation_id=counters.organisation_id()
            )
    except Refused as refused:
        return _page(refused)
    trail.record(
        scope.db(),
        "service.days_set",
        actor=scope.member_id(),
        now=scope.now(),
        code=code,
        days=days,
    )
    return redirect(url_for("agency_counters.service_days"), 303)


def _page(refused: Refused | None = None) -> str:
    days = terms.workdays(scope.db())
    rows = scope.db().scalars(
        select(Service)
        .where(Service.organisation_id == counters.organisation_id(), Service.closed_at.is_(None))
        .order_by(Service.code)
    )
    return consoles.page(
        "agency/service_days.html",
        current="agency_counters.service_days",
        services=[
            {
                "code": each.code,
                "name": Bilingual(each.name_zh, each.name_en),
                "days": each.working_days,
                "due_on": days.due_on(scope.now(), each.working_days)
                if each.working_days
                else None,
            }
            for each in rows
        ],
        wrong=request.form.get("service") if refused else None,
        typed=request.form.get("days", ""),
        error=counters.error_words(refused),
    )
