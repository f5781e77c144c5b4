"""What is typed is kept as far as a database can keep it, and blanks part words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.lines import printable


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("王\u3000小明", "王 小明"),
        ("a\tb\u00a0c", "a b c"),
        ("a\0b\u200bc\x1bd", "abcd"),
        ("\ud800x", "x"),
        ("  in  it ", "  in  it "),
        ("é 𠮷", "é 𠮷"),
    ],
)
def test_blanks_stay_and_what_no_keyboard_makes_goes(typed: str, kept: str) -> None:
    assert printable(typed) == kept


@given(st.text())
def test_what_is_kept_can_be_printed_and_is_kept_again(typed: str) -> None:
    kept = printable(typed)

    assert kept.isprintable()
    assert printable(kept) == kept
    assert len(kept) <= len(typed)
