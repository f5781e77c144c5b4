"""Business numbers by the Ministry of Finance's rule (regulation 2(8)4)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.business_numbers import is_valid

DIGITS = st.text("0123456789", min_size=8, max_size=8)


@pytest.mark.parametrize("number", ["04595252", "12345675", "10458575"])
def test_the_published_vectors_are_valid(number: str) -> None:
    assert is_valid(number)


@pytest.mark.parametrize(
    "number",
    ["", "0459525", "045952520", "0459525２", "04595252\n", " 4595252", "0459525x", "04595253"],
)
def test_anything_else_is_not_a_number(number: str) -> None:
    assert not is_valid(number)


@given(DIGITS)
def test_of_five_neighbours_by_the_last_digit_one_or_two_are_valid(number: str) -> None:
    neighbours = [number[:7] + str(last) for last in range(5)]

    assert sum(map(is_valid, neighbours)) == (2 if number[6] == "7" else 1)


@given(st.text())
def test_no_text_breaks_the_check(text: str) -> None:
    assert is_valid(text) in {True, False}
