"""The Bureau's figures: plots drawn here, a table beside each, and nobody singled out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint

from audit import figures
from audit.figures import CONSENTS, FAILED, SIGN_INS, DailyFigure
from audit.lines import Kind
from clients.officer_models import Role
from counters.case_models import CaseState
from kernel.clock import taipei_day
from kernel.wording import Bilingual
from members.application_models import PersonKind
from web import consoles, desk_words, footprint_words, pages, plots, scope
from web.figure_keeping import CASES, NEW_MEMBERS
from web.plots import Plot
from web.reading_apart import read_apart

bp = Blueprint("doit_statistics", __name__, url_prefix="/doit/statistics")
INDEX = "doit_statistics.index"
BACK = timedelta(days=29)
YEAR = 12  # months
WORDS: Mapping[tuple[str, str], Bilingual] = {
    (FAILED, "known"): Bilingual("失敗（有這個帳號）", "Failed (known account)"),
    (FAILED, "stranger"): Bilingual("失敗（沒有這個帳號）", "Failed (no such account)"),
    (CONSENTS, Kind.CONSENT_GIVEN): Bilingual("同意", "Given"),
    (CONSENTS, Kind.CONSENT_WITHDRAWN): Bilingual("撤回", "Withdrawn"),
    (CONSENTS, Kind.CONSENT_REFUSED): Bilingual("不同意", "Refused"),
}


@dataclass(frozen=True)
class Chart:
    """One plot with its table: a row a day or month, a column a kind."""

    id: str
    title: str
    plot: Plot
    first: str
    last: str
    heads: list[str]
    rows: list[list[str]]


@bp.get("")
@consoles.staff_required(Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR)
@read_apart
def index() -> str:
    """Draw a month of sign-ins and consents, a year of new members, and the cases of today.

    Only whole months: one that grows or shrinks from day to day says how many came that day.
    """
    session, today = scope.db(), taipei_day(scope.now())
    last = figures.last_day(session) or today
    recent = figures.read(session, (SIGN_INS, FAILED, CONSENTS), since=last - BACK, until=last)
    months = whole_months(last)
    year = figures.read(
        session,
        (NEW_MEMBERS,),
        since=months[0],
        until=(last + timedelta(days=1)).replace(day=1) - timedelta(days=1),
    )
    days = [(last - BACK + timedelta(days=each)).isoformat() for each in range(BACK.days + 1)]
    cases = figures.read(session, (CASES,), since=last, until=last)
    return consoles.page(
        "console/statistics.html",
        current=INDEX,
        charts=[
            _chart("sign-ins", pages.say("登入與再確認"), _of(recent, SIGN_INS, FAILED), days),
            _chart("consents", pages.say("同意與撤回"), _of(recent, CONSENTS), days),
            _chart("members", pages.say("新會員（整月）"), year, [month(each) for each in months]),
        ],
        cases=[(_word(each), plots.said(each.count)) for each in cases],
        last=figures.last_day(session),
        smallest=figures.SMALLEST,
    )


def _of(found: Sequence[DailyFigure], *names: str) -> list[DailyFigure]:
    return [each for each in found if each.name in names]


def _chart(id_: str, title: str, found: Sequence[DailyFigure], periods: Sequence[str]) -> Chart:
    """Return a plot over all these days or months, also those in which nothing happened."""
    keys = sorted({(each.name, each.key) for each in found})
    table = {period: dict.fromkeys(keys, 0) for period in periods}
    for each in found:
        day = each.day.isoformat()
        period = day if day in table else month(each.day)
        table[period][each.name, each.key] += each.count
    heads = {(each.name, each.key): _word(each).text(pages.language()) for each in found}
    return Chart(
        id=id_,
        title=title,
        plot=plots.plot([plots.shown(row.values()) for row in table.values()]),
        first=periods[0],
        last=periods[-1],
        heads=[heads[key] for key in keys],
        rows=[
            [when, *(plots.said(row[key]) for key in keys)]
            for when, row in reversed(table.items())
            if any(row.values())
        ],
    )


def whole_months(last: date) -> list[date]:
    """Return the first days of the twelve months that are over with the `last` counted day."""
    first = (last + timedelta(days=1)).replace(day=1)
    found: list[date] = []
    for _ in range(YEAR):
        first = (first - timedelta(days=1)).replace(day=1)
        found.append(first)
    return found[::-1]


def month(day: date) -> str:
    """Return the month of a day."""
    return f"{day.year}-{day.month:02}"


def _word(each: DailyFigure) -> Bilingual:
    if each.name == NEW_MEMBERS:
        return desk_words.KINDS[PersonKind(each.key)]
    if each.name == CASES:
        return desk_words.STATES[CaseState(each.key)][0]
    if each.name == SIGN_INS:
        return footprint_words.METHODS.get(each.key, Bilingual(each.key, each.key))
    return WORDS.get((each.name, each.key), Bilingual(each.key, each.key))


consoles.register_menu(
    INDEX,
    Bilingual("統計", "Statistics"),
    icon="list",
    roles=[Role.REVIEWER, Role.AUDITOR, Role.ADMINISTRATOR],
)
