"""What a clerk may do is worked out from the rows, every time (regulation 2(2), 4, 5)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from counters import delegations, duty, readers, register, staff
from counters.models import Ground, Holder, Matter
from kernel.errors import Refused
from tests import make
from tests.counters import town
from tests.flows.provider import statements
from tests.make import NOON

MIDNIGHT = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)  # the new year begins in Taipei
A_MINUTE = timedelta(minutes=1)


def require(session: Session, at: town.Town, matter: Matter, now: datetime = NOON) -> duty.Duty:
    return duty.require(session, at.clerk, at.counter.id, matter, now=now)


@pytest.mark.clause("2(2)")
@pytest.mark.refusal("counter.not_delegated")
def test_a_natural_person_can_be_a_counter_once_something_is_delegated(session: Session) -> None:
    agency = make.a_client(session)
    counter = town.a_counter(session, agency, holder=Holder.PERSON)
    person = town.a_clerk(session, counter)
    town.trained(session, person)

    with pytest.raises(Refused, match=r"counter\.not_delegated"):
        duty.require(session, person, counter.id, Matter.ACCEPT, now=NOON)
    town.delegated(session, counter, matters=frozenset({Matter.ACCEPT}))
    staff.add_desk(session, counter, "家中", now=NOON)
    town.a_reader(session, counter)
    register.open_(session, counter, now=NOON)

    found = duty.require(session, person, counter.id, Matter.ACCEPT, now=NOON)
    assert found.matters == {Matter.ACCEPT}
    with pytest.raises(Refused, match=r"counter\.function_not_delegated"):
        duty.require(session, person, counter.id, Matter.CARDS, now=NOON)


@pytest.mark.clause("4")
@pytest.mark.parametrize(
    ("holder", "ground"),
    [
        (Holder.BODY, Ground.ENTRUSTED),
        (Holder.BODY, Ground.COMMISSIONED),
        (Holder.BODY, Ground.PRIVATE),
        (Holder.PERSON, Ground.PRIVATE),
        (Holder.STAFF, Ground.OWN_STAFF),
    ],
)
def test_a_clerk_acts_under_each_kind_of_delegation(
    session: Session, holder: Holder, ground: Ground
) -> None:
    at = town.a_town(session, holder, ground=ground)

    assert require(session, at, Matter.ACCEPT).matters == set(Matter)
    assert duty.duties(session, at.clerk, now=NOON) == (require(session, at, Matter.CARDS),)


@pytest.mark.clause("4")
@pytest.mark.refusal("counter.delegation_unpublished")
@pytest.mark.parametrize("ground", [Ground.ENTRUSTED, Ground.COMMISSIONED, Ground.PRIVATE])
def test_without_gazette_nothing_is_in_force(session: Session, ground: Ground) -> None:
    counter = town.a_counter(session, make.a_client(session))
    clerk = town.a_clerk(session, counter)
    town.trained(session, clerk)
    row = town.delegated(session, counter, ground=ground, is_published=False)

    with pytest.raises(Refused, match=r"counter\.delegation_unpublished"):
        duty.require(session, clerk, counter.id, Matter.ACCEPT, now=NOON)
    with pytest.raises(Refused, match=r"counter\.delegation_unpublished"):
        register.open_(session, counter, now=NOON)
    assert delegations.state(row, town.TODAY) is delegations.State.SIGNED
    assert duty.duties(session, clerk, now=NOON) == ()


@pytest.mark.clause("4")
@pytest.mark.refusal("counter.function_not_delegated")
def test_only_the_delegated_matter_can_be_done(session: Session) -> None:
    at = town.a_town(session, matters=frozenset({Matter.CARDS}))

    assert require(session, at, Matter.CARDS).matters == {Matter.CARDS}
    with pytest.raises(Refused, match=r"counter\.function_not_delegated"):
        require(session, at, Matter.CHANGES)


@pytest.mark.clause("4")
@pytest.mark.refusal("counter.delegation_expired")
def test_at_midnight_a_delegation_ends_what_rests_on_it(session: Session) -> None:
    at = town.a_town(session, ends_on=town.LAST_DAY)

    require(session, at, Matter.ACCEPT, MIDNIGHT - A_MINUTE)
    with pytest.raises(Refused, match=r"counter\.delegation_expired"):
        require(session, at, Matter.ACCEPT, MIDNIGHT)
    assert duty.duties(session, at.clerk, now=MIDNIGHT) == ()
    assert not duty.open_counters(session, now=MIDNIGHT)


def test_a_delegation_begins_on_its_first_day(session: Session) -> None:
    at = town.a_town(session, ends_on=town.LAST_DAY)
    town.delegated(
        session,
        at.counter,
        document_number="北市測字第 2 號",
        starts_on=town.NEW_YEAR,
        ends_on=date(2027, 12, 31),
    )

    assert require(session, at, Matter.ACCEPT, MIDNIGHT).matters == set(Matter)
    delegations.revoke(session, at.delegation, now=NOON)
    with pytest.raises(Refused, match=r"counter\.not_delegated"):
        require(session, at, Matter.ACCEPT)


@pytest.mark.clause("5(3)")
@pytest.mark.refusal("counter.staff_untrained", "counter.training_expired")
def test_who_is_not_trained_or_no_longer_does_nothing(session: Session) -> None:
    at = town.a_town(session, ends_on=date(2028, 1, 1))
    other = town.a_clerk(session, at.counter, "other")

    with pytest.raises(Refused, match=r"counter\.staff_untrained"):
        duty.require(session, other, at.counter.id, Matter.ACCEPT, now=NOON)
    lapsed = datetime(2027, 11, 23, 16, 0, tzinfo=UTC)
    require(session, at, Matter.ACCEPT, lapsed - A_MINUTE)
    with pytest.raises(Refused, match=r"counter\.training_expired"):
        require(session, at, Matter.ACCEPT, lapsed)


@pytest.mark.clause("5(3)")
def test_when_the_last_trained_clerk_lapses_the_counter_is_closed(session: Session) -> None:
    at = town.a_town(session, ends_on=date(2028, 1, 1))
    lapsed = datetime(2027, 11, 23, 16, 0, tzinfo=UTC)

    before = duty.open_counters(session, now=lapsed - A_MINUTE)
    assert [each.counter.code for each in before] == [at.counter.code]
    assert not duty.open_counters(session, now=lapsed)


@pytest.mark.clause("5(1)", "5(2)")
@pytest.mark.refusal("counter.below_minimum", "counter.closed")
def test_a_counter_without_desk_clerk_or_reader_cannot_open(session: Session) -> None:
    counter = town.a_counter(session, make.a_client(session))
    town.delegated(session, counter)
    clerk = town.a_clerk(session, counter)

    for provide in (
        lambda: staff.add_desk(session, counter, "1", now=NOON),
        lambda: town.trained(session, clerk),
        lambda: town.a_reader(session, counter),
    ):
        with pytest.raises(Refused, match=r"counter\.below_minimum"):
            register.open_(session, counter, now=NOON)
        provide()
    with pytest.raises(Refused, match=r"counter\.closed"):
        duty.require(session, clerk, counter.id, Matter.ACCEPT, now=NOON)
    register.open_(session, counter, now=NOON)

    assert duty.duties(session, clerk, now=NOON)


@pytest.mark.clause("5(1)")
def test_with_every_reader_broken_paper_is_taken_and_no_card_touched(session: Session) -> None:
    at = town.a_town(session)
    reader = readers.registered(session, at.counter.id, "r-1")

    readers.tested(session, reader, passed=False, now=NOON)
    found = require(session, at, Matter.ACCEPT)
    assert found.matters == {Matter.ACCEPT, Matter.CHANGES}
    assert found.reader_ids == ()
    with pytest.raises(Refused, match=r"counter\.below_minimum"):
        require(session, at, Matter.CARDS)

    readers.tested(session, reader, passed=True, now=NOON)
    assert require(session, at, Matter.CARDS).reader_ids == (reader.id,)
    readers.remove(session, reader, now=NOON)
    with pytest.raises(Refused, match=r"counter\.below_minimum"):
        require(session, at, Matter.ACCEPT)


def test_a_clerk_who_is_dismissed_or_works_elsewhere_has_no_duty_here(session: Session) -> None:
    at = town.a_town(session)
    elsewhere = town.a_counter(session, at.agency, "xinyi")
    [post] = duty.posts(session, at.clerk, now=NOON)

    with pytest.raises(Refused, match=r"counter\.not_delegated"):
        duty.require(session, at.clerk, elsewhere.id, Matter.ACCEPT, now=NOON)
    staff.dismiss(session, at.counter, post.clerk.id, now=NOON)
    with pytest.raises(Refused, match=r"counter\.not_delegated"):
        require(session, at, Matter.ACCEPT)
    assert duty.posts(session, at.clerk, now=NOON) == ()


@pytest.mark.clause("5(3)")
@pytest.mark.refusal("counter.training_only")
def test_at_a_training_counter_nobody_real_is_served(session: Session) -> None:
    counter = town.a_counter(session, make.a_client(session), is_training=True)
    clerk = town.a_clerk(session, counter)
    staff.add_desk(session, counter, "練習", now=NOON)
    town.a_reader(session, counter)
    register.open_(session, counter, now=NOON)

    with pytest.raises(Refused, match=r"counter\.training_only"):
        duty.require(session, clerk, counter.id, Matter.ACCEPT, now=NOON)
    [post] = duty.posts(session, clerk, now=NOON)
    assert post.may == set(Matter)
    assert duty.duties(session, clerk, now=NOON) == ()
    assert not duty.open_counters(session, now=NOON)


def test_the_statements_do_not_grow_with_the_counters(session: Session, database: Engine) -> None:
    at = town.a_town(session)
    with statements(database) as of_one:
        duty.open_counters(session, now=NOON)
    for number in range(3):
        more = town.a_counter(session, at.agency, f"more-{number}")
        town.delegated(session, more)
        staff.appoint(session, more, at.clerk, now=NOON)
        staff.add_desk(session, more, "1", now=NOON)
        town.a_reader(session, more, f"M-{number}")
        register.open_(session, more, now=NOON)

    with statements(database) as of_four:
        assert len(duty.open_counters(session, now=NOON)) == 4
    with statements(database) as of_a_clerk:
        assert len(duty.duties(session, at.clerk, now=NOON)) == 4

    assert len(of_four) == len(of_a_clerk) == len(of_one)
