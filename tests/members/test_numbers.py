"""Identity numbers: every vector, every kind, and what no library reads right (REGULATION 5)."""

import re
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kernel.errors import Refused
from members import numbers
from members.numbers import Kind, NumberUnreadable, Part, check_digit, read, recognise

TODAY = date(2026, 11, 26)
VALID = {
    "A100000001": Kind.NATIONAL,
    "H222222224": Kind.NATIONAL,
    "W198765435": Kind.NATIONAL,
    "A123456789": Kind.NATIONAL,
    "A800000014": Kind.UI_NEW,
    "F955512342": Kind.UI_NEW,
    "I977000017": Kind.UI_NEW,
    "AC12345679": Kind.UI_OLD,
    "OD76543218": Kind.UI_OLD,
    "ZA00000019": Kind.UI_OLD,
}
TWINS = (
    "A100000002 H222222225 W198765436 A800000015 F955512343 I977000018 "
    "AC12345670 OD76543219 ZA00000010"
).split()
numbers_typed = st.sampled_from(sorted(VALID))
beginnings = st.tuples(
    st.sampled_from(numbers.ORDER),
    st.sampled_from("1289ABCD"),
    st.text("0123456789", min_size=7, max_size=7),
).map("".join)


@pytest.mark.clause("8(1)")
@pytest.mark.parametrize(("typed", "kind"), VALID.items())
def test_a_valid_number_is_read_with_its_kind(typed: str, kind: Kind) -> None:
    number = read(typed, today=TODAY)

    assert (number.value, number.kind) == (typed, kind)


@pytest.mark.clause("8(1)")
@pytest.mark.refusal("idno.checksum")
@pytest.mark.parametrize("typed", TWINS)
def test_a_number_with_another_last_digit_is_refused(typed: str) -> None:
    with pytest.raises(Refused, match=r"^idno\.checksum$"):
        read(typed, today=TODAY)


@pytest.mark.clause("8(1)")
@pytest.mark.refusal("idno.format")
@pytest.mark.parametrize(
    ("typed", "part"),
    [
        ("", Part.LENGTH),
        ("A12345678", Part.LENGTH),
        ("A1234567890", Part.LENGTH),
        ("1123456789", Part.LETTER),
        ("Ä123456789", Part.LETTER),
        ("A323456789", Part.SECOND),
        ("AE23456789", Part.SECOND),
        ("A12345678A", Part.DIGITS),
        ("A1२३४५६७८९", Part.DIGITS),
        ("A1 3456789", Part.DIGITS),
    ],
)
def test_what_is_no_number_is_told_where_it_goes_wrong(typed: str, part: Part) -> None:
    with pytest.raises(NumberUnreadable, match=r"^idno\.format$") as refused:
        read(typed, today=TODAY)

    assert refused.value.part is part


@pytest.mark.clause("8(1)")
@given(numbers_typed)
def test_full_width_and_small_letters_and_spaces_make_the_same_number(typed: str) -> None:
    wide = "".join(chr(ord(each) + 0xFEE0) for each in typed)

    assert read(wide, today=TODAY) == read(f" {typed.lower()}\n", today=TODAY) == recognise(typed)


@given(beginnings)
def test_every_beginning_has_one_last_digit(beginning: str) -> None:
    passing = [digit for digit in "0123456789" if _passes(beginning + digit)]

    assert passing == [check_digit(beginning)]


@given(st.text())
@example("A" * 100_000)
@example("A12345678\ud800")
@example("㏂" * 10)
def test_whatever_is_typed_is_read_or_refused(typed: str) -> None:
    try:
        told = read(typed, today=TODAY).value
    except Refused as refused:
        told = refused.code

    assert told in {"idno.format", "idno.checksum"} or re.fullmatch("[A-Z][A-D1289][0-9]{8}", told)


@pytest.mark.clause("8(1)")
@pytest.mark.refusal("idno.kind_not_allowed")
def test_a_service_may_take_some_kinds_only() -> None:
    with pytest.raises(Refused, match=r"^idno\.kind_not_allowed$"):
        read("A800000014", kinds={Kind.NATIONAL}, today=TODAY)


@pytest.mark.clause("8(1)")
@pytest.mark.refusal("idno.sunset")
def test_an_old_number_is_void_from_2031_but_still_recognised() -> None:
    assert read("AC12345679", today=date(2030, 12, 31)).kind is Kind.UI_OLD
    with pytest.raises(Refused, match=r"^idno\.sunset$"):
        read("AC12345679", today=date(2031, 1, 1))
    assert recognise("AC12345679").kind is Kind.UI_OLD
    assert read("A800000014", today=date(2031, 1, 1)).kind is Kind.UI_NEW


@given(numbers_typed)
def test_a_number_shows_itself_without_its_last_four(typed: str) -> None:
    number = recognise(typed)

    for shown in (str(number), repr(number), f"{number}", number.masked):
        assert typed not in shown
        assert number.last_four not in shown
    assert number.last_four == typed[-4:]


def _passes(value: str) -> bool:
    try:
        recognise(value)
    except Refused:
        return False
    return True
