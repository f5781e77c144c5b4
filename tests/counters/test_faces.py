"""What is printed on a card and what is on record, side by side (7(3))."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from counters.faces import Likeness, compare


@pytest.mark.clause("7(3)")
@pytest.mark.parametrize(
    ("printed", "held"),
    [
        ("王臺生", "王台生"),
        ("CHEN, MEI-YU", "Chen Mei Yu"),
        ("Kacaw Ca'ang", "kacaw caang"),
        ("Nguyễn Thị Hoa", "NGUYEN THI HOA"),
        ("王\u3000小明", "王小明"),
        ("Ｗａｎｇ", "Wang"),
        ("葉·阿美", "葉．阿美"),
    ],
)
def test_other_forms_of_one_name_are_variants_for_the_clerk_to_attest(
    printed: str, held: str
) -> None:
    assert compare(printed, held) is Likeness.VARIANT


@pytest.mark.clause("7(3)")
@pytest.mark.parametrize(
    ("printed", "held"), [("王小明", "王大明"), ("", "王小明"), ("王小明", " "), ("王", "王小明")]
)
def test_another_name_is_different(printed: str, held: str) -> None:
    assert compare(printed, held) is Likeness.DIFFERENT


@given(name=st.text(min_size=1).filter(str.strip))
def test_a_name_is_the_same_as_itself(name: str) -> None:
    assert compare(f" {name} ", name) is Likeness.SAME


@given(one=st.text(), other=st.text())
def test_likeness_has_no_direction(one: str, other: str) -> None:
    assert compare(one, other) is compare(other, one)


def test_a_character_of_an_extension_stays_what_it_is() -> None:
    assert compare("𠮷小明", "𠮷小明") is Likeness.SAME
    assert compare("𠮷小明", "吉小明") is Likeness.DIFFERENT
