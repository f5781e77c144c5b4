"""Who lives in the sandbox: nobody, in every state there is."""

import re
from collections import Counter

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from carriers.models import Binding, Suspension
from demo.sandbox.people import BEFORE, MANY, people
from demo.sandbox.settle import settle
from demo.sandbox.states import STATES
from kernel.clock import taipei_day
from members import numbering, numbers, register
from members.models import GuardianLink, Member, Standing
from members.number_models import HeldNumber
from services.models import Activation, ActivationNote
from tests.make import KEYRING, NOON

TODAY = taipei_day(NOON)


def test_two_hundred_people_cover_every_state_and_are_always_the_same() -> None:
    everybody = people(today=TODAY)

    assert len(everybody) == len({each.login for each in everybody}) == MANY
    states = Counter(each.state.code for each in everybody)
    assert states.keys() == {*(each.code for each in STATES), "guardian"}
    assert everybody == people(today=TODAY)


def test_nobody_could_be_taken_for_a_person() -> None:
    found = [each.number for each in people(today=TODAY) if each.number is not None]

    for number in found:
        assert numbers.recognise(number.value) == number  # the check digit is right
        assert re.fullmatch(r"Z[18C]0000\d{4}", number.value)
    assert {each.kind for each in found} == set(BEFORE)
    mails = [each.claims["email"] for each in people(today=TODAY) if "email" in each.claims]
    assert all(each.endswith(".invalid") for each in mails)


def test_they_are_settled_once_as_a_city_would_have_them(session: Session) -> None:
    everybody = people(today=TODAY)

    added = [
        settle(session, KEYRING, everybody, password_hash="not a hash", now=NOON) for _ in range(2)
    ]

    assert added == [MANY, 0]
    standings = session.execute(select(Member.standing, func.count()).group_by(Member.standing))
    assert {row[0] for row in standings} == set(Standing)
    notes = session.execute(select(ActivationNote.state, ActivationNote.disputed_at).distinct())
    assert {(row[0], row[1] is not None) for row in notes} == {
        (Activation.ACTIVATED, False),
        (Activation.NOT_ACTIVATED, False),
        (Activation.NOT_ACTIVATED, True),
    }
    assert session.scalar(select(func.count(GuardianLink.id)))
    lost = select(func.count(Binding.id)).where(Binding.suspension == Suspension.LOST)
    assert session.scalar(lost)
    assert session.scalar(select(func.count(HeldNumber.id)))


@pytest.mark.parametrize("code", ["extension-b", "leap-day", "ui-old"])
def test_what_is_rare_is_kept_as_it_is(session: Session, code: str) -> None:
    person = next(each for each in people(today=TODAY) if each.state.code == code)

    settle(session, KEYRING, [person], password_hash="not a hash", now=NOON)

    member = register.find_by_login(session, person.login)
    assert member is not None
    held = register.claims_of(member, keyring=KEYRING)
    assert {name: held[name] for name in person.claims} == person.claims
    assert numbering.current(session, member, keyring=KEYRING) == person.number
