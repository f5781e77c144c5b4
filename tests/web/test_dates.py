"""Prove that dates are written in both calendars and in Taipei time."""

import re
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.wording import CHINESE, ENGLISH, LANGUAGES
from web.dates import days_left, moment_words, roc_date

EVENING = datetime(2026, 11, 23, 12, 3, tzinfo=UTC)

moments = st.datetimes(
    min_value=datetime(1900, 1, 2),  # noqa: DTZ001  # the strategy adds the zone
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001  # same
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=-11))]),
)


def test_a_day_is_written_in_both_calendars_in_chinese() -> None:
    assert roc_date(date(2026, 11, 23), CHINESE) == "民國115年11月23日 (2026-11-23)"


def test_a_day_is_written_without_chinese_in_english() -> None:
    assert roc_date(date(2026, 11, 3), ENGLISH) == "3 November 2026"


def test_the_first_year_of_the_republic_is_1912() -> None:
    assert roc_date(date(1912, 1, 1), CHINESE).startswith("民國1年1月1日 ")


def test_1911_is_the_first_year_before_the_republic() -> None:
    assert roc_date(date(1911, 12, 31), CHINESE).startswith("民國前1年12月31日 ")


def test_a_moment_late_in_utc_is_the_next_day_in_taipei() -> None:
    late = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)

    assert roc_date(late, CHINESE) == "民國116年1月1日 (2027-01-01)"


def test_a_moment_carries_its_time_in_taipei() -> None:
    assert moment_words(EVENING, CHINESE) == "民國115年11月23日 (2026-11-23) 20:03"
    assert moment_words(EVENING, ENGLISH) == "23 November 2026, 20:03"


def test_a_moment_without_a_zone_is_a_bug() -> None:
    with pytest.raises(ValueError, match="time zone"):
        roc_date(datetime(2026, 11, 23, 12, 3), CHINESE)  # noqa: DTZ001  # the point of the test


def test_days_left_counts_midnights_in_taipei() -> None:
    assert days_left(EVENING + timedelta(hours=3), now=EVENING) == 0
    assert days_left(EVENING + timedelta(hours=4), now=EVENING) == 1


@given(until=moments, now=moments)
def test_days_left_is_never_negative_and_never_off_by_a_day(until: datetime, now: datetime) -> None:
    left = days_left(until, now=now)

    assert left >= 0
    assert until <= now or abs(left - (until - now) / timedelta(days=1)) < 1


@given(moment=moments)
def test_the_second_calendar_is_the_same_day(moment: datetime) -> None:
    found = re.fullmatch(
        r"民國(前?)(\d+)年(\d+)月(\d+)日 \((\d+)-(\d+)-(\d+)\)", roc_date(moment, CHINESE)
    )

    assert found
    before, roc_year, month, day, *western = found.groups()
    year = 1912 - int(roc_year) if before else 1911 + int(roc_year)
    assert [year, int(month), int(day)] == [int(part) for part in western]


@given(moment=moments)
def test_the_zone_a_moment_is_held_in_does_not_change_the_words(moment: datetime) -> None:
    for language in LANGUAGES:
        assert moment_words(moment, language) == moment_words(moment.astimezone(UTC), language)


@given(moment=moments)
def test_english_dates_are_ascii(moment: datetime) -> None:
    assert moment_words(moment, ENGLISH).isascii()
