"""Names as they stand on documents, whatever script they are in (7(3))."""

import unicodedata
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Refused
from members import person_names


@pytest.mark.parametrize(
    "name",
    [
        "王小明",
        "𠮷野堃喆",  # extension B
        "\U0003106c\U000e0100"[0],  # extension H, newer than this Python's tables
        "測\U000f0001",  # private use, as CNS 11643 has it
        "Kolas Yotaka",
        "Icyang‧Parod 以撒克",
        "O'Brien-Ngũgĩ María José",
        "娜",
        "Y",
        "KRISHNAMURTHY VENKATASUBRAMANIAN RAMANATHAN SRINIVASA IYENGAR",
        "名" * 50,
    ],
)
@pytest.mark.clause("7(3)")
def test_a_name_is_kept_exactly(name: str) -> None:
    assert person_names.read(f"  {name} ") == name


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "名" * 51,
        "x" * 101,
        "王\u202e明",
        "王\n明",
        "\u200b",
        "123",
        "…",
        "王\ud800",
        "王\uffff",
    ],
)
@pytest.mark.refusal("name.format")
def test_what_is_no_name_is_refused(typed: str) -> None:
    with pytest.raises(Refused, match=r"name\.format"):
        person_names.read(typed)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("臺小明", "台小明"),
        ("ＡＮＮ　ＬＥＥ", "ann lee"),
        ("Icyang‧Parod", "ICYANG PAROD"),
        ("Mary-Ann", "Mary Ann"),
        ("黄峯", "黃峰"),
        ("José", "JOSE"),
    ],
)
@pytest.mark.clause("7(3)")
def test_two_spellings_of_one_name_compare_alike(one: str, other: str) -> None:
    assert person_names.is_same(one, other)


def test_two_names_do_not_compare_alike() -> None:
    assert not person_names.is_same("王小明", "王大明")


@given(st.text(max_size=300))
def test_any_text_is_a_name_or_refused(typed: str) -> None:
    with suppress(Refused):
        name = person_names.read(typed)
        assert name == typed.strip()
        assert 1 <= len(name) <= person_names.LONGEST_ROMANISED
        assert not any(unicodedata.category(each) == "Cc" for each in name)
