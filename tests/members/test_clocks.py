"""Prove that terms end on the right day, whatever weekends, holidays and waiting do to them."""

from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from kernel import calendar
from kernel.calendar import Calendar
from members.clocks import TERMS, Counting, Pause, Term, due_on, remind_on
from members.models import RequestKind

DAY = timedelta(days=1)
MONDAY = date(2026, 11, 23)
PLAIN = Calendar(off=frozenset())

days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
terms = st.builds(
    Term,
    days=st.integers(1, 40),
    extension=st.integers(0, 30),
    counting=st.sampled_from(Counting),
)
calendars = st.builds(
    Calendar,
    off=st.frozensets(days, max_size=30),
    worked=st.frozensets(days, max_size=5),
)
pauses = st.lists(
    st.builds(lambda since, length: Pause(since, since + length * DAY), days, st.integers(0, 20)),
    max_size=3,
)


@pytest.mark.clause("8(4)")
@pytest.mark.parametrize(
    ("received", "working_days", "due"),
    [
        (date(2026, 11, 23), 15, date(2026, 12, 14)),
        (date(2026, 11, 20), 5, date(2026, 11, 27)),  # a Friday
        (date(2026, 2, 13), 5, date(2026, 3, 2)),  # before the new year's week and 228
        (date(2026, 12, 24), 1, date(2026, 12, 28)),  # over Constitution Day and a weekend
    ],
)
def test_the_term_ends_on_the_day_the_calendar_says(
    received: date, working_days: int, due: date
) -> None:
    assert due_on(received, Term(days=working_days, extension=0), Calendar()) == due


def test_calendar_days_count_on_but_end_on_a_day_somebody_works() -> None:
    term = Term(days=5, extension=0, counting=Counting.CALENDAR)

    assert due_on(MONDAY, term, PLAIN) == date(2026, 11, 30)


@pytest.mark.clause("8(4)")
def test_a_typhoon_moves_the_day(session: Session) -> None:
    term = Term(days=2, extension=0)
    before = due_on(MONDAY, term, calendar.load(session))

    calendar.declare(session, MONDAY + DAY, is_workday=False, note="颱風")

    assert before == date(2026, 11, 25)
    assert due_on(MONDAY, term, calendar.load(session)) == date(2026, 11, 26)
    calendar.declare(session, MONDAY + DAY, is_workday=True, note="照常上班")
    assert due_on(MONDAY, term, calendar.load(session)) == before
    calendar.forget(session, MONDAY + DAY)
    assert calendar.declared(session) == []


def test_a_saturday_made_up_for_counts(session: Session) -> None:
    calendar.declare(session, date(2026, 11, 28), is_workday=True, note="補班")

    assert due_on(MONDAY, Term(days=5, extension=0), calendar.load(session)) == date(2026, 11, 28)


def test_every_right_has_its_term() -> None:
    assert set(TERMS) == set(RequestKind)
    assert {TERMS[kind].days for kind in (RequestKind.INQUIRE, RequestKind.COPY)} == {15}
    assert {TERMS[kind].days for kind in (RequestKind.CORRECT, RequestKind.DELETE)} == {30}
    assert all(term.extension <= term.days for term in TERMS.values())


def test_nothing_is_due_while_the_city_waits() -> None:
    assert due_on(MONDAY, Term(days=5, extension=0), PLAIN, pauses=[Pause(MONDAY)]) is None


@given(pauses=pauses)
def test_a_pause_is_read_as_it_was_kept(pauses: list[Pause]) -> None:
    for pause in (*pauses, Pause(MONDAY)):
        assert Pause.read(str(pause)) == pause


@given(received=days, term=terms, calendar=calendars, pauses=pauses)
def test_nothing_is_ever_due_on_a_day_nobody_works(
    received: date, term: Term, calendar: Calendar, pauses: list[Pause]
) -> None:
    due = due_on(received, term, calendar, pauses=pauses)

    assert due is not None
    assert due > received
    assert calendar.is_workday(due)


@given(received=days, later=st.integers(0, 40), term=terms, calendar=calendars)
def test_who_asks_later_is_never_answered_earlier(
    received: date, later: int, term: Term, calendar: Calendar
) -> None:
    first = due_on(received, term, calendar)
    second = due_on(received + later * DAY, term, calendar)

    assert first is not None
    assert second is not None
    assert first <= second


@given(received=days, term=terms, calendar=calendars, pauses=pauses)
def test_waiting_and_extending_only_move_the_day_away(
    received: date, term: Term, calendar: Calendar, pauses: list[Pause]
) -> None:
    plain = due_on(received, term, calendar)
    paused = due_on(received, term, calendar, pauses=pauses)
    extended = due_on(received, term, calendar, pauses=pauses, is_extended=True)

    assert plain is not None
    assert paused is not None
    assert extended is not None
    assert plain <= paused <= extended


@given(received=days, length=st.integers(1, 30), at=st.integers(0, 3))
def test_a_pause_gives_back_exactly_the_working_days_it_took(
    received: date, length: int, at: int
) -> None:
    since = received + at * DAY
    pause = Pause(since, since + length * DAY)
    taken = sum(PLAIN.is_workday(since + n * DAY) for n in range(1, length + 1))
    term = Term(days=10, extension=0)
    longer = Term(days=10 + taken, extension=0)

    assert due_on(received, term, PLAIN, pauses=[pause]) == due_on(received, longer, PLAIN)


@given(due=days, calendar=calendars)
def test_the_reminder_comes_three_working_days_before(due: date, calendar: Calendar) -> None:
    assume(calendar.is_workday(due))
    first = remind_on(due, calendar)

    between = (first + n * DAY for n in range((due - first).days))
    assert sum(map(calendar.is_workday, between)) == 3
