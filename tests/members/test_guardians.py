"""Who acts for whom: two people, once, until the ward comes of age or the link is ended."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.errors import NotFound, Refused
from members import guardians
from members.models import Evidence, GuardianLink, Member, Relation, Standing
from tests import make

YEAR = timedelta(days=365)
LATER = make.NOON + 2 * YEAR


def link(
    session: Session,
    ward: Member,
    guardian: Member,
    *,
    until: timedelta | None = YEAR,
    now: datetime = make.NOON,
) -> None:
    guardians.link(
        session,
        ward_id=ward.id,
        guardian_id=guardian.id,
        relation=Relation.GUARDIAN,
        evidence=Evidence.COURT_DECISION,
        until=None if until is None else make.NOON + until,
        now=now,
    )


def ends(session: Session) -> set[tuple[datetime | None, datetime | None]]:
    """Return when each link was to end, and when it was ended."""
    rows = session.execute(select(GuardianLink.ends_at, GuardianLink.ended_at))
    return {(row[0], row[1]) for row in rows}


@pytest.mark.refusal("guardian.is_ward", "guardian.of_age", "guardian.already_linked")
def test_a_link_is_between_two_people_once_and_before_eighteen(session: Session) -> None:
    ward, guardian = make.a_member(session, "ward"), make.a_member(session, "guardian")

    with pytest.raises(Refused, match=r"guardian\.is_ward"):
        link(session, ward, ward)
    with pytest.raises(Refused, match=r"guardian\.of_age"):
        link(session, ward, guardian, until=timedelta())
    link(session, ward, guardian)
    with pytest.raises(Refused, match=r"guardian\.already_linked"):
        link(session, ward, guardian)


@pytest.mark.refusal("guardian.not_linked")
def test_a_link_ends_once_and_can_be_made_again(session: Session) -> None:
    ward, guardian = make.a_member(session, "ward"), make.a_member(session, "guardian")
    link(session, ward, guardian)

    guardians.end(session, ward_id=ward.id, guardian_id=guardian.id, now=make.NOON)

    assert not guardians.wards_of(session, guardian.id, now=make.NOON)
    with pytest.raises(NotFound):
        guardians.end(session, ward_id=ward.id, guardian_id=guardian.id, now=make.NOON)
    link(session, ward, guardian)
    assert guardians.guardians_of(session, ward.id, now=make.NOON)
    assert not guardians.guardians_of(session, ward.id, now=make.NOON + YEAR)


def test_a_parent_may_become_the_guardian_of_the_adult(session: Session) -> None:
    ward, parent = make.a_member(session, "ward"), make.a_member(session, "parent")
    link(session, ward, parent)

    link(session, ward, parent, until=None, now=LATER)

    (found,) = guardians.guardians_of(session, ward.id, now=LATER)
    assert (found.guardian_id, found.ends_at) == (parent.id, None)
    assert ends(session) == {(make.NOON + YEAR, make.NOON + YEAR), (None, None)}


def test_who_is_declared_before_eighteen_has_a_guardian_beyond_it(session: Session) -> None:
    ward, parent = make.a_member(session, "ward"), make.a_member(session, "parent")
    link(session, ward, parent)
    soon = make.NOON + YEAR / 2

    link(session, ward, parent, until=None, now=soon)

    assert len(guardians.guardians_of(session, ward.id, now=soon)) == 1
    assert len(guardians.guardians_of(session, ward.id, now=LATER)) == 1
    assert ends(session) == {(make.NOON + YEAR, soon), (None, None)}


@pytest.mark.refusal("guardian.already_linked")
def test_a_link_in_force_makes_room_for_no_other_of_its_kind(session: Session) -> None:
    ward, guardian = make.a_member(session, "ward"), make.a_member(session, "guardian")
    link(session, ward, guardian, until=None)

    for until in (None, YEAR):
        with pytest.raises(Refused, match=r"guardian\.already_linked"):
            link(session, ward, guardian, until=until)

    assert ends(session) == {(None, None)}


def move(session: Session, member: Member, standing: Standing) -> None:
    member.standing = standing
    session.flush()


def acting_for(session: Session, ward: Member) -> set[UUID]:
    found = guardians.guardians_of(session, ward.id, now=make.NOON)
    return {each.guardian_id for each in found}


@pytest.mark.clause("2(8)1")
def test_who_died_acts_for_nobody_until_it_is_taken_back(session: Session) -> None:
    ward, parent = make.a_member(session, "ward"), make.a_member(session, "parent")
    other = make.a_member(session, "other")
    link(session, ward, parent)
    link(session, ward, other)
    links = guardians.guardians_of(session, ward.id, now=make.NOON)
    (first,) = (each for each in links if each.guardian_id == parent.id)

    move(session, parent, Standing.CLOSED)

    assert acting_for(session, ward) == {other.id}
    assert not guardians.wards_of(session, parent.id, now=make.NOON)
    assert guardians.find(session, first.id, guardian_id=parent.id, now=make.NOON) is None
    move(session, parent, Standing.ACTIVE)
    assert acting_for(session, ward) == {parent.id, other.id}


@pytest.mark.refusal("account.deletion_blocked_guardian")
def test_for_who_died_nobody_has_to_stay(session: Session) -> None:
    ward, parent = make.a_member(session, "ward"), make.a_member(session, "parent")
    link(session, ward, parent)
    with pytest.raises(Refused, match=r"account\.deletion_blocked_guardian"):
        guardians.require_no_wards(session, parent.id, now=make.NOON)

    move(session, ward, Standing.CLOSED)

    guardians.require_no_wards(session, parent.id, now=make.NOON)


@pytest.mark.parametrize("standing", [Standing.SUSPENDED, Standing.PAUSED])
def test_who_is_suspended_or_paused_is_still_whose_guardian_they_are(
    session: Session, standing: Standing
) -> None:
    ward, parent = make.a_member(session, "ward"), make.a_member(session, "parent")
    link(session, ward, parent)

    move(session, parent, standing)

    assert acting_for(session, ward) == {parent.id}
