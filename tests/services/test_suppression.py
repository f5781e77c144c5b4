"""Small counts are hidden, and cannot be worked out from what is shown (10-I(4))."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.suppression import suppressed

SMALLEST = 50
COUNTS = st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(0, 200), max_size=6)


@pytest.mark.clause("10-I(4)")
@pytest.mark.parametrize(
    ("counts", "cells", "total"),
    [
        ({}, {}, 0),
        ({"a": 0, "b": 50}, {"a": 0, "b": 50}, 50),
        ({"a": 7}, {"a": None}, None),
        ({"a": 7, "b": 60, "c": 90}, {"a": None, "b": None, "c": 90}, 157),
        ({"a": 7, "b": 9, "c": 90}, {"a": None, "b": None, "c": None}, 106),
        ({"a": 30, "b": 30, "c": 90}, {"a": None, "b": None, "c": 90}, 150),
        ({"a": 7, "b": 0}, {"a": None, "b": 0}, None),
    ],
)
def test_what_is_small_is_hidden_with_what_would_tell_it(
    counts: dict[str, int], cells: dict[str, int | None], total: int | None
) -> None:
    found = suppressed(counts, smallest=SMALLEST)

    assert (dict(found.cells), found.total) == (cells, total)


@pytest.mark.clause("10-I(4)")
@given(counts=COUNTS)
def test_nothing_small_is_shown_or_told_by_subtraction(counts: dict[str, int]) -> None:
    found = suppressed(counts, smallest=SMALLEST)
    hidden = [name for name, cell in found.cells.items() if cell is None]

    assert all(cell is None or cell == 0 or cell >= SMALLEST for cell in found.cells.values())
    if hidden and found.total is not None:
        rest = found.total - sum(cell or 0 for cell in found.cells.values())
        assert len(hidden) > 1
        assert rest >= SMALLEST
