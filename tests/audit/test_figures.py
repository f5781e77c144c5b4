"""A day is counted once, when it is over; pages show no small figures."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from audit import figures, footprint, trail
from audit.figures import CONSENTS, FAILED, SIGN_INS, DailyFigure
from audit.lines import Kind
from kernel.db import Sessions, transaction
from kernel.ids import new_id
from tests.make import NOON
from web import figure_keeping, plots
from web.doit_statistics import whole_months

YESTERDAY, TODAY = date(2026, 11, 22), date(2026, 11, 23)
BEFORE = NOON - timedelta(days=1)


def happen(session: Session) -> None:
    for method in ("password", "password", "passkey"):
        footprint.record(session, Kind.LOGGED_IN, member_id=new_id(), now=BEFORE, method=method)
    for kind in (Kind.LOGIN_FAILED, Kind.CONSENT_GIVEN, Kind.CONSENT_WITHDRAWN):
        footprint.record(session, kind, member_id=new_id(), now=BEFORE)
    footprint.record(session, Kind.LOGGED_IN, member_id=new_id(), now=NOON, method="password")
    trail.record(session, "login.failed", actor=None, now=BEFORE)


def test_a_day_is_counted_by_method_result_and_consent(session: Session) -> None:
    happen(session)

    counted = figures.of_ledgers(session, YESTERDAY)

    assert counted == {
        (SIGN_INS, "password"): 2,
        (SIGN_INS, "passkey"): 1,
        (FAILED, "known"): 1,
        (FAILED, "stranger"): 1,
        (CONSENTS, Kind.CONSENT_GIVEN): 1,
        (CONSENTS, Kind.CONSENT_WITHDRAWN): 1,
    }


def test_what_was_decided_in_somebody_s_stead_is_a_decision(session: Session) -> None:
    decided = (Kind.CONSENT_GIVEN, Kind.CONSENT_APPROVED, Kind.CONSENT_APPROVED)
    for kind in (*decided, Kind.CONSENT_REFUSED, Kind.APPROVAL_REFUSED):
        footprint.record(session, kind, member_id=new_id(), now=BEFORE)

    counted = figures.of_ledgers(session, YESTERDAY)

    assert counted[CONSENTS, Kind.CONSENT_GIVEN] == 3
    assert counted[CONSENTS, Kind.CONSENT_REFUSED] == 2


def test_each_day_is_counted_once_a_week_of_them_at_a_time(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        happen(session)

    counted = [figure_keeping.run(sessions, now=NOON) for _ in range(6)]

    assert counted == [7, 7, 7, 7, 3, 0]
    with transaction(sessions) as session:
        assert figures.last_day(session) == YESTERDAY
        found = figures.read(session, [SIGN_INS], since=YESTERDAY, until=TODAY)
        assert [(each.key, each.count) for each in found] == [("passkey", 1), ("password", 2)]
        assert not figures.keep(session, YESTERDAY, {})
        assert len(session.scalars(select(DailyFigure)).all()) == 31 + 6


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_workers_that_count_a_day_at_once_the_second_waits_for_the_first(
    sessions: Sessions,
) -> None:
    with transaction(sessions) as first:
        assert figures.keep(first, YESTERDAY, {})

        with sessions() as second:
            second.execute(text("SET LOCAL lock_timeout = '100ms'"))
            with pytest.raises(OperationalError, match="lock timeout"):
                figures.keep(second, YESTERDAY, {})


def test_the_present_month_is_whole_once_its_last_day_was_counted() -> None:
    months = whole_months(date(2026, 11, 30))

    assert (months[0], months[-1]) == (date(2025, 12, 1), date(2026, 11, 1))
    assert whole_months(date(2026, 11, 29))[-1] == date(2026, 10, 1)


@pytest.mark.clause("10-I(4)")
def test_small_figures_are_neither_written_nor_drawn() -> None:
    drawn = plots.plot([4, 10, 0, 5])

    assert [each.height for each in drawn.bars] == [0, plots.HEIGHT, 0, plots.HEIGHT / 2]
    assert [plots.said(each) for each in (0, 1, 4, 5)] == ["0", "< 5", "< 5", "5"]
    assert plots.plot([]).top == plots.plot([1]).top == 0


@pytest.mark.clause("10-I(4)")
def test_a_small_figure_is_not_what_the_bar_has_more_than_the_table() -> None:
    assert plots.shown([120, 3]) == plots.shown([120, 0]) == 120
    assert plots.shown([3, 4]) == 0
