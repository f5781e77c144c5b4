"""Numbers members hold and held: found by each, shared with nobody, sealed (8(1), 10(1))."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from kernel.db import Sessions, transaction
from kernel.errors import Refused
from members import numbering
from members.models import Member
from members.number_models import HeldNumber
from members.numbers import IdentityNumber, recognise
from tests import make

OLD, NEW, OTHER = (recognise(each) for each in ("AC12345679", "A800000014", "A100000001"))
LATER = make.NOON + timedelta(days=30)


@pytest.fixture
def member(session: Session) -> Member:
    return make.a_member(session)


def enter(session: Session, member: Member, number: IdentityNumber = OLD) -> bool:
    return numbering.enter(session, member, number, keyring=make.KEYRING, now=make.NOON)


def current(session: Session, member: Member) -> IdentityNumber | None:
    return numbering.current(session, member, keyring=make.KEYRING)


def holder_of(session: Session, number: IdentityNumber) -> object:
    return numbering.find(session, number, keyring=make.KEYRING)


@pytest.mark.clause("8(1)")
def test_a_member_is_found_by_the_number(session: Session, member: Member) -> None:
    assert current(session, member) is None
    assert holder_of(session, OLD) is None

    assert enter(session, member)

    assert current(session, member) == OLD
    assert holder_of(session, OLD) == member.id


@pytest.mark.clause("10(1)")
def test_a_new_number_follows_the_old_one_and_both_find_the_member(
    session: Session, member: Member
) -> None:
    enter(session, member)

    assert numbering.enter(session, member, NEW, keyring=make.KEYRING, now=LATER)

    assert current(session, member) == NEW
    assert holder_of(session, OLD) == holder_of(session, NEW) == member.id
    assert numbering.former(session, member, keyring=make.KEYRING) == [OLD]
    ends = session.scalars(select(HeldNumber.until).order_by(HeldNumber.since)).all()
    assert ends == [LATER, None]


def test_entering_the_number_that_is_held_changes_nothing(session: Session, member: Member) -> None:
    enter(session, member)

    assert not enter(session, member)
    assert current(session, member) == OLD


def test_a_change_that_was_wrong_is_taken_back(session: Session, member: Member) -> None:
    enter(session, member)
    enter(session, member, NEW)

    assert enter(session, member, OLD)

    assert current(session, member) == OLD
    assert holder_of(session, NEW) == member.id


@pytest.mark.clause("10(1)")
@pytest.mark.refusal("member.already_exists")
def test_a_number_somebody_held_is_never_another_members(session: Session, member: Member) -> None:
    other = make.a_member(session, "hua.lin")
    enter(session, member)
    enter(session, member, NEW)

    for number in (OLD, NEW):
        with pytest.raises(Refused, match=r"^member\.already_exists$"):
            enter(session, other, number)
    assert current(session, other) is None


@pytest.mark.clause("10(1)")
@pytest.mark.refusal("member.already_exists")
def test_of_eight_members_entered_with_one_number_at_once_one_has_it(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        people = [make.a_member(session, f"person.{each}").id for each in range(8)]

    def attempt(member_id: object) -> str:
        try:
            with transaction(sessions) as session:
                enter(session, session.get_one(Member, member_id))
        except Refused as refused:
            return refused.code
        return "entered"

    with ThreadPoolExecutor(8) as pool:
        told = sorted(pool.map(attempt, people))

    assert told == ["entered", *["member.already_exists"] * 7]


@pytest.mark.refusal("idno.changed_meanwhile")
def test_two_numbers_entered_for_one_member_at_once_leave_one_current(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        member_id = make.a_member(session).id

    def attempt(number: IdentityNumber) -> str:
        try:
            with transaction(sessions) as session:
                enter(session, session.get_one(Member, member_id), number)
        except Refused as refused:
            return refused.code
        return "entered"

    with ThreadPoolExecutor(3) as pool:
        told = set(pool.map(attempt, (OLD, NEW, OTHER)))

    assert "entered" in told <= {"entered", "idno.changed_meanwhile"}
    with sessions() as session:
        open_ones = session.scalars(select(HeldNumber).where(HeldNumber.until.is_(None))).all()
    assert len(open_ones) == 1


def test_neither_the_number_nor_a_plain_hash_of_it_is_in_the_table(
    session: Session, member: Member
) -> None:
    enter(session, member)
    row = session.execute(select(HeldNumber.__table__)).one()

    assert not any(OLD.value.encode() in value for value in row if isinstance(value, bytes))
    assert OLD.value not in str(row)
