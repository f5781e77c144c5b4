"""Serve counters' own systems: queues and calendars learn what waits, and nobody's name (8(4)).

A program is let in for the counters that DoIT approved it for, one scope each, while something is
delegated to them (4-I). A case has another name at each counter, so that what was forwarded from
one agency's counter to another's is not recognised there (10(3)).
"""

from datetime import date, timedelta

from flask import Blueprint
from werkzeug.wrappers import Response

from counters import cases, register, standing, terms
from counters.case_models import Case
from counters.models import Counter
from counters.terms import Workdays
from kernel.clock import taipei_day
from kernel.errors import NotFound, Refused
from web import api_documents, paging, scope
from web.api_calls import Door, told
from web.counter_document import ADDRESS, CASES, DAYS, INTERFACE, OF
from web.counter_shapes import CasesTold, CaseTold, DaysTold, DayTold

bp = Blueprint("counter_api", __name__, url_prefix=ADDRESS)
DOOR = Door(address=ADDRESS, most={CASES: 600, DAYS: 60})
AHEAD = 31  # days that are told, today included
CASE = "case"  # what is named


@bp.get("/openapi.json")
def document() -> Response:
    """Describe all of this, for people and for programs (OpenAPI 3.1)."""
    return api_documents.response(INTERFACE, scope.rooms().provider.issuer)


@bp.get("/<code>/cases")
def waiting(code: str) -> Response:
    """Tell what waits at the counter, part by part."""
    caller = DOOR.let_in(CASES)
    counter, session = _delegated(code, caller.scopes), scope.db()
    rooms = scope.rooms()
    page = paging.asked(rooms.names, client_id=caller.client.id)
    found = cases.open_after(session, counter.id, after=page.after, limit=page.one_more)
    rows, following = page.split(found)
    days = terms.workdays(session, counter)
    answer = CasesTold(cases=tuple(_case(each, days) for each in rows), next=following)
    return page.linked(told(answer), following, issuer=rooms.provider.issuer)


@bp.get("/<code>/cases/<name>")
def progress(code: str, name: str) -> Response:
    """Tell how far one case at the counter is."""
    counter = _delegated(code, DOOR.let_in(CASES).scopes)
    case_id = scope.rooms().names.find(name, CASE, counter.id.hex)
    case = cases.at_counter(scope.db(), case_id, counter_id=counter.id)
    return told(_case(case, terms.workdays(scope.db(), counter)))


@bp.get("/<code>/days")
def days(code: str) -> Response:
    """Tell on which days, and when, somebody is at the counter."""
    counter = _own(code, DOOR.let_in(DAYS).scopes)
    works, today = terms.workdays(scope.db(), counter), taipei_day(scope.now())
    ahead = (today + timedelta(days=number) for number in range(AHEAD))
    return told(DaysTold(days=tuple(_day(each, works) for each in ahead)))


def _own(code: str, scopes: frozenset[str]) -> Counter:
    """Return the counter, if the program is approved for it; any other is not there."""
    if OF + code not in scopes:
        raise NotFound("counter.not_found")
    counter = register.get(scope.db(), code)
    if counter.ended_at is not None:
        raise NotFound("counter.not_found")
    return counter


def _delegated(code: str, scopes: frozenset[str]) -> Counter:
    """Return the counter if anything is delegated to it today (4-I)."""
    counter = _own(code, scopes)
    [at] = standing.of(scope.db(), [counter], now=scope.now())
    if not at.matters:
        raise Refused(at.why_no_matter)
    return counter


def _case(case: Case, days: Workdays) -> CaseTold:
    last = cases.due(case, days)
    today = taipei_day(scope.now())
    return CaseTold(
        id=scope.rooms().names.name(case.id, CASE, case.counter_id.hex),
        matter=case.matter,
        state=case.state,
        due_on=last,
        days_left=None if last is None else days.calendar.left(today, last),
    )


def _day(day: date, days: Workdays) -> DayTold:
    spans = days.hours_on(day)
    return DayTold(day=day, hours=tuple(map(str, spans)), counts=days.calendar.is_workday(day))
