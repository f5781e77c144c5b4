"""Birth dates as people write them (REGULATION 6: years of the Republic, partial dates)."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Refused
from members import birth_days, facts

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("民國108/02/28", "2019-02-28"),
        ("民國 109 年 2 月 29 日", "2020-02-29"),
        ("108.2.28", "2019-02-28"),
        ("79/4/1", "1990-04-01"),
        ("0790401", "1990-04-01"),
        ("1080228", "2019-02-28"),
        ("７９年４月１日", "1990-04-01"),
        ("民國元年1月1日", "1912-01-01"),
        ("民國前3年5月1日", "1909-05-01"),
        ("民前3/5/1", "1909-05-01"),
        ("1990-04-01", "1990-04-01"),
        ("19900401", "1990-04-01"),
        ("西元1990年4月1日", "1990-04-01"),
        ("1950-00-00", "1950"),
        ("1950-03-00", "1950-03-00"),
        ("1950", "1950"),
        ("1950-03", "1950-03-00"),
    ],
)
@pytest.mark.clause("2(8)1")
def test_a_birth_date_is_read_in_either_era(typed: str, kept: str) -> None:
    assert birth_days.read(typed, today=TODAY) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "民國108/02/29",  # no leap year
        "1990-13-01",
        "1990-00-05",
        "2026-11-24",  # tomorrow
        "1895-01-01",  # nobody is that old
        "民國前99年1月1日",
        "昨天",
        "1990-04-01T00:00",
        "９" * 60,
        "0",
        "西元90年1月1日",
    ],
)
@pytest.mark.refusal("member.birthdate_impossible")
def test_what_is_no_birth_date_is_refused(typed: str) -> None:
    with pytest.raises(Refused, match=r"member\.birthdate_impossible"):
        birth_days.read(typed, today=TODAY)


@given(st.dates(min_value=date(1900, 1, 1), max_value=TODAY))
def test_every_day_reads_back_in_both_eras(day: date) -> None:
    kept = birth_days.read(day.isoformat(), today=TODAY)

    assert kept == day.isoformat()
    assert birth_days.read(birth_days.in_republic(kept), today=TODAY) == kept


@given(st.text(max_size=60))
def test_any_text_is_a_date_or_refused(typed: str) -> None:
    with suppress(Refused):
        assert facts.born_between(birth_days.read(typed, today=TODAY)) is not None


def test_a_partial_date_is_said_as_far_as_it_is_known() -> None:
    assert birth_days.in_republic("1950") == "民國 39 年"
    assert birth_days.in_republic("1950-03-00") == "民國 39 年 3 月"
    assert birth_days.in_republic("1909-05-01") == "民國前 3 年 5 月 1 日"
