"""The crowd: made up from a seed, whole after an interruption, known to every room as members."""

from datetime import datetime

import pytest
from sqlalchemy import Engine, func, select

from consent.models import Consent
from demo.crowd import filling, people
from demo.crowd.people import Crowd
from kernel.db import Sessions, transaction
from kernel.keyring import Keyring
from members import numbering, register


def fill(engine: Engine, keyring: Keyring, members: int, *, now: datetime) -> int:
    return filling.fill(
        engine, keyring, members=members, seed=7, lines=2, now=now, advance=lambda _done: None
    )


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "BATCH", 3)


@pytest.mark.usefixtures("small_batches")
def test_a_crowd_is_as_large_as_it_was_asked_to_be(
    database: Engine, sessions: Sessions, keyring: Keyring, now: datetime
) -> None:
    assert fill(database, keyring, 8, now=now) == 8

    with transaction(sessions) as session:
        agreed = len(people.PER_HOUSE) * people.HOUSES_EACH
        assert session.scalar(select(func.count(Consent.id))) == 8 * agreed + 12 * 4


@pytest.mark.usefixtures("small_batches")
def test_one_that_was_interrupted_goes_on(
    database: Engine, sessions: Sessions, keyring: Keyring, now: datetime
) -> None:
    fill(database, keyring, 4, now=now)

    assert fill(database, keyring, 7, now=now) == 3
    assert fill(database, keyring, 7, now=now) == 0


def test_its_members_can_be_read_and_found_as_any_other(
    database: Engine, sessions: Sessions, keyring: Keyring, now: datetime
) -> None:
    fill(database, keyring, 2, now=now)

    with transaction(sessions) as session:
        member = register.find_by_login(session, "crowd-1")
        assert member is not None
        claims = register.claims_of(member, keyring=keyring)
        number = numbering.current(session, member, keyring=keyring)
        assert number is not None
        assert claims["name"] == "合成一"
        assert numbering.find(session, number, keyring=keyring) == member.id


def test_the_same_seed_makes_the_same_people(keyring: Keyring) -> None:
    one, same, other = (
        Crowd(seed=seed, keyring=keyring, houses=(), password_hash="", lines=0)
        for seed in (1, 1, 2)
    )

    assert [people.member_id(one, place) for place in range(9)] == [
        people.member_id(same, place) for place in range(9)
    ]
    assert people.member_id(one, 0) != people.member_id(other, 0)
    assert people.login_of(3) == "crowd-3"
