"""Who acts for whom: two people, once, until the ward comes of age or the link is ended."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from kernel.errors import NotFound, Refused
from members import guardians
from members.models import Evidence, Member, Relation
from tests import make

YEAR = timedelta(days=365)


def link(session: Session, ward: Member, guardian: Member, *, until: timedelta = YEAR) -> None:
    guardians.link(
        session,
        ward_id=ward.id,
        guardian_id=guardian.id,
        relation=Relation.GUARDIAN,
        evidence=Evidence.COURT_DECISION,
        until=make.NOON + until,
        now=make.NOON,
    )


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
