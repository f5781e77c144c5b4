"""/counter: what a clerk has on the desk: the cases that wait there, and the way to a new one."""

from dataclasses import dataclass
from datetime import date, datetime

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from counters import cases, turned_away
from counters.case_models import Case
from counters.terms import Workdays
from kernel.clock import taipei_day
from kernel.errors import NotFound
from kernel.wording import Bilingual
from web import clerks, consoles, csrf, desk_seats, desk_words, pages, scope
from web.card_ways import WAYS

bp = Blueprint("desk", __name__, url_prefix="/counter")
LONGEST_NUMBER = 32

consoles.register_menu("desk.home", Bilingual("案件", "Cases"), icon="list", may=clerks.is_clerk)


bp.before_request(csrf.only_our_forms)


@dataclass(frozen=True, kw_only=True)
class CaseLine:
    """One case in the list: no name, only what it is and how far."""

    number: str
    matter: str
    state: str
    shape: str
    opened_at: datetime
    due: date | None
    is_late: bool
    url: str


@bp.get("")
@desk_seats.seat_required
def home() -> str:
    """List what waits at this counter."""
    return show_home()


def show_home(error: str = "", typed: str = "") -> str:
    """Show the list, with what was wrong in the search."""
    days = desk_seats.workdays(desk_seats.duty().counter_id)
    waiting = cases.open_at(scope.db(), desk_seats.duty().counter_id)
    return consoles.page(
        "desk/home.html",
        cases=[line(each, days) for each in waiting],
        errors=[("number", error)] if error else [],
        typed=typed,
        may_ask_card=any(way.is_offered() for way in WAYS.values()),
    )


@bp.post("/find")
@desk_seats.seat_required
def find() -> Response:
    """Go to the case or the refusal whose number stands on a slip: nobody is found by name."""
    typed = request.form.get("number", "")[:LONGEST_NUMBER]
    refusal = turned_away.find(scope.db(), typed)
    if refusal is not None:
        return redirect(url_for("desk.intake", slip=refusal.number), 303)
    try:
        case = cases.get(scope.db(), typed)
    except NotFound:
        words = pages.say("沒有這個編號的案件或退件單")
        return Response(show_home(words, typed), 404, mimetype="text/html")
    return redirect(url_for("desk.case", reference=case.number), 303)


def line(case: Case, days: Workdays) -> CaseLine:
    """Return a case as the list shows it."""
    language = pages.language()
    words, shape = desk_words.STATES[case.state]
    due = cases.due(case, days)
    return CaseLine(
        number=case.number,
        matter=desk_words.MATTERS[case.matter].text(language),
        state=words.text(language),
        shape=shape,
        opened_at=case.opened_at,
        due=due,
        is_late=case.decided_at is None and due is not None and due < taipei_day(scope.now()),
        url=url_for("desk.case", reference=case.number),
    )
