"""A row's name means something at its place, and is noise at every other."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from kernel.ids import new_id
from kernel.opaque import LENGTH, Names
from tests import make

NAMES = Names(make.KEYRING)
PLACES = st.lists(st.text(max_size=20), max_size=3)


@given(st.uuids(), PLACES)
def test_a_name_finds_its_row(row_id: UUID, place: list[str]) -> None:
    name = NAMES.name(row_id, *place)

    assert NAMES.find(name, *place) == row_id
    assert NAMES.name(row_id, *place) == name
    assert len(name) == LENGTH


@given(st.text(max_size=60))
def test_what_is_no_name_finds_nothing(name: str) -> None:
    assert NAMES.find(name, "case") is None


def test_at_another_place_the_same_row_has_a_name_that_shares_nothing() -> None:
    row_id = new_id()
    here, there = NAMES.name(row_id, "case", "daan"), NAMES.name(row_id, "case", "xinyi")

    assert not {here[at : at + 4] for at in range(40)} & {there[at : at + 4] for at in range(40)}
    assert NAMES.find(here, "case", "xinyi") is None
    assert NAMES.find(here, "casedaan") is None
