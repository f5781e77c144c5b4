"""What a court declared: one at a time, with its decree; lifted, it takes along who acted."""

from datetime import date

import pytest
from sqlalchemy.orm import Session

from kernel.errors import NotFound, Refused
from members import capacities, guardians
from members.models import Capacity, Evidence, Relation
from tests import make

DAY = date(2026, 1, 5)


@pytest.mark.refusal("capacity.source_missing", "capacity.already_noted", "capacity.not_noted")
def test_one_declaration_stands_at_a_time_and_names_its_decree(session: Session) -> None:
    member = make.a_member(session)

    def note(capacity: Capacity, source: str) -> None:
        capacities.note(session, member.id, capacity, source=source, declared_on=DAY, now=make.NOON)

    with pytest.raises(Refused, match=r"capacity\.source_missing"):
        note(Capacity.GUARDED, " ")
    note(Capacity.ASSISTED, "115-輔宣-3")
    assert capacities.find(session, member.id) is Capacity.ASSISTED
    with pytest.raises(Refused, match=r"capacity\.already_noted"):
        note(Capacity.GUARDED, "115-監宣-4")
    capacities.lift(session, member.id, now=make.NOON)
    with pytest.raises(NotFound):
        capacities.lift(session, member.id, now=make.NOON)
    note(Capacity.GUARDED, "115-監宣-4")


def test_who_acted_because_of_it_no_longer_does(session: Session) -> None:
    ward, guardian = make.a_member(session, "ward"), make.a_member(session, "guardian")
    capacities.note(
        session, ward.id, Capacity.GUARDED, source="115-監宣-4", declared_on=DAY, now=make.NOON
    )
    guardians.link(
        session,
        ward_id=ward.id,
        guardian_id=guardian.id,
        relation=Relation.GUARDIAN,
        evidence=Evidence.COURT_DECISION,
        until=None,
        now=make.NOON,
    )
    assert guardians.wards_of(session, guardian.id, now=make.NOON)

    capacities.lift(session, ward.id, now=make.NOON)

    assert not guardians.wards_of(session, guardian.id, now=make.NOON)
