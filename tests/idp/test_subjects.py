from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from idp import subjects
from idp.subjects import Subjects
from tests import make
from tests.flows.browser import Browser
from tests.flows.provider import City

pytestmark = [pytest.mark.pyop_row(7), pytest.mark.clause("10(3)")]
ours = Subjects(b"k" * 32)
sectors = st.text(max_size=20)


@given(st.uuids(), sectors, st.uuids(), sectors)
def test_two_members_or_two_sectors_never_share_a_name(
    one: UUID, here: str, other: UUID, there: str
) -> None:
    same = (one, here) == (other, there)

    assert (ours.of(one, here) == ours.of(other, there)) == same


def test_moving_a_letter_from_sector_to_member_changes_the_name() -> None:
    assert ours.create_pairwise_identifier("bc", "a") != ours.create_pairwise_identifier("c", "ab")


def test_another_installation_has_other_names() -> None:
    member = UUID(int=1)

    assert ours.of(member, "library") != Subjects(b"x" * 32).of(member, "library")


def test_there_are_no_public_names() -> None:
    with pytest.raises(NotImplementedError):
        ours.create_public_identifier("mei")


def test_the_way_back_is_by_sector_and_name(session: Session) -> None:
    member = make.a_member(session).id
    sub = ours.of(member, "library")
    for _ in range(2):
        subjects.remember(session, sub, member_id=member, sector="library")

    assert subjects.find_member(session, sub, sector="library") == member
    assert subjects.find_member(session, sub, sector="museum") is None


@pytest.mark.pyop_row(6)
def test_a_sign_in_leaves_the_way_back(city: City) -> None:
    sub = city.opened(Browser(city).tokens()["id_token"])["sub"]

    with city.database() as session:
        found = subjects.find_member(session, sub, sector="library.invalid")

    assert found == city.member_id()
