"""Keep one figure a day of what happens, so that nobody counts members to draw a plot (10-I(1)).

The worker counts a day once, after it is over; a page reads a few hundred small rows. Figures name
nobody, and small ones are not shown.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from audit.horizons import PATIENCE
from audit.lines import Kind
from audit.models import LedgerLine, TrailEntry
from kernel.clock import TAIPEI, taipei_day
from kernel.db import Base, insert_once
from kernel.ids import first_id_at

COUNTED = "counted"  # the figure that says that a day was counted
BACK = timedelta(days=31)  # days before the first counted that are counted late
SMALLEST = 5  # what is fewer is shown as fewer than this
DAY = timedelta(days=1)
SIGN_INS, FAILED, CONSENTS = "sign_in", "sign_in_failed", "consent"
CONSENT_KINDS = {  # each counted as: what is decided in somebody's stead is decided
    Kind.CONSENT_GIVEN: Kind.CONSENT_GIVEN,
    Kind.CONSENT_APPROVED: Kind.CONSENT_GIVEN,
    Kind.CONSENT_WITHDRAWN: Kind.CONSENT_WITHDRAWN,
    Kind.CONSENT_REFUSED: Kind.CONSENT_REFUSED,
    Kind.APPROVAL_REFUSED: Kind.CONSENT_REFUSED,
}
Figures = Mapping[tuple[str, str], int]  # by name and key


class DailyFigure(Base):
    """How often something happened, or stood so, on one day in Taipei."""

    __tablename__ = "daily_figure"

    day: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int]


def to_count(session: Session, *, now: datetime) -> list[date]:
    """Return the days that are over and were not counted, the oldest first."""
    last = taipei_day(now - PATIENCE) - DAY
    counted = session.scalar(select(func.max(DailyFigure.day)).where(DailyFigure.name == COUNTED))
    day = last - BACK if counted is None else counted
    days = []
    while day < last:
        day += DAY
        days.append(day)
    return days


def keep(session: Session, day: date, figures: Figures) -> bool:
    """Keep what was counted of a day; False if another worker did, or is just doing it."""
    mark = {"day": day, "name": COUNTED, "key": COUNTED, "count": 1}  # one key: the table decides
    done = select(DailyFigure.key).where(DailyFigure.day == day, DailyFigure.name == COUNTED)
    if session.scalars(done).first() is not None or not insert_once(session, DailyFigure, mark):
        return False
    session.add_all(
        DailyFigure(day=day, name=name, key=key, count=count)
        for (name, key), count in figures.items()
        if count
    )
    return True


def of_ledgers(session: Session, day: date) -> dict[tuple[str, str], int]:
    """Count what the ledgers say of a day: sign-ins by method and result, and consents."""
    start = datetime.combine(day, time(), tzinfo=TAIPEI)
    first, after = first_id_at(start), first_id_at(start + DAY)
    within = (LedgerLine.id >= first, LedgerLine.id < after)
    found: dict[tuple[str, str], int] = {}
    method = LedgerLine.detail["method"].as_string()
    for way, count in session.execute(
        select(method, func.count())
        .where(LedgerLine.kind == Kind.LOGGED_IN, *within)
        .group_by(method)
    ):
        found[SIGN_INS, str(way or "")] = count
    for kind, count in session.execute(
        select(LedgerLine.kind, func.count())
        .where(LedgerLine.kind.in_((*CONSENT_KINDS, Kind.LOGIN_FAILED)), *within)
        .group_by(LedgerLine.kind)
    ):
        counted = CONSENT_KINDS.get(Kind(kind))
        name, key = (FAILED, "known") if counted is None else (CONSENTS, counted.value)
        found[name, key] = found.get((name, key), 0) + count
    strangers = session.scalar(
        select(func.count())
        .select_from(TrailEntry)
        .where(TrailEntry.event == "login.failed", TrailEntry.id >= first, TrailEntry.id < after)
    )
    found[FAILED, "stranger"] = strangers or 0
    return found


def read(
    session: Session, names: Iterable[str], *, since: date, until: date
) -> Sequence[DailyFigure]:
    """Return the figures of these names in these days, both included, in order."""
    return session.scalars(
        select(DailyFigure)
        .where(
            DailyFigure.name.in_(list(names)), DailyFigure.day >= since, DailyFigure.day <= until
        )
        .order_by(DailyFigure.day, DailyFigure.name, DailyFigure.key)
    ).all()


def last_day(session: Session) -> date | None:
    """Return the last day that was counted."""
    return session.scalar(select(func.max(DailyFigure.day)).where(DailyFigure.name == COUNTED))
