"""The crowd: made up from a seed, whole after an interruption, known to every room as members."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, text

from audit.models import LedgerLine
from carriers.models import Binding
from consent.models import Consent, Receipt
from demo.crowd import copying, filling, people
from demo.crowd.filling import Filled
from demo.crowd.people import Crowd
from kernel.db import Sessions, transaction
from kernel.keyring import Keyring
from members import numbering, register
from members.models import Member
from members.number_models import HeldNumber
from services.models import ActivationNote

DIGEST = "23cf2827b98e1b279e52487ce01b4557"
ROWS_EACH: Mapping[Any, int] = {  # models with a member_id: no type says that
    HeldNumber: 1,
    Binding: 2,
    Receipt: 3,
    Consent: 12,
    ActivationNote: 3,
    LedgerLine: 2,
}
ORPHANS = """
SELECT count(*) FROM consent c LEFT JOIN consent_receipt r
ON r.id = c.receipt_id AND r.member_id = c.member_id WHERE r.id IS NULL
"""
IDS_IN_THE_ORDER_OF_MOMENTS = """
SELECT * FROM ledger a JOIN ledger b ON a.member_id = b.member_id
WHERE a.at < b.at AND a.id > b.id
"""


def fill(
    engine: Engine, keyring: Keyring, members: int, *, now: datetime, one_in: int = 1
) -> Filled:
    return filling.fill(
        engine,
        keyring,
        members=members,
        seed=7,
        lines=2,
        now=now,
        advance=lambda _done: None,
        one_in=one_in,
    )


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "BATCH", 3)


@pytest.mark.usefixtures("small_batches")
def test_a_crowd_is_as_large_as_it_was_asked_to_be(
    database: Engine, sessions: Sessions, keyring: Keyring, now: datetime
) -> None:
    assert fill(database, keyring, 8, now=now).added == 8

    with transaction(sessions) as session:
        agreed = len(people.PER_HOUSE) * people.HOUSES_EACH
        assert session.scalar(select(func.count(Consent.id))) == 8 * agreed + 12 * 4


@pytest.mark.usefixtures("small_batches")
def test_one_that_was_interrupted_goes_on(
    database: Engine, sessions: Sessions, keyring: Keyring, now: datetime
) -> None:
    fill(database, keyring, 4, now=now)

    assert fill(database, keyring, 7, now=now).added == 3
    assert fill(database, keyring, 7, now=now).added == 0


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


def test_the_same_seed_comes_to_the_same_rows_on_either_engine(
    database: Engine, keyring: Keyring, now: datetime
) -> None:
    assert fill(database, keyring, 200, now=now) == (200, DIGEST)


def test_copies_have_rows_of_their_own_and_only_postgresql_makes_them(
    database: Engine, keyring: Keyring, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database.dialect.name == "sqlite":
        with pytest.raises(ValueError, match="each one sealed"):
            fill(database, keyring, 200, now=now, one_in=20)
        return
    monkeypatch.setattr(copying, "CHUNK", 40)

    assert fill(database, keyring, 100, now=now, one_in=20).added == 100
    assert fill(database, keyring, 200, now=now, one_in=20).added == 100

    with database.connect() as connection:
        for table, each in ROWS_EACH.items():
            counted = select(func.count(table.id)).join(Member, table.member_id == Member.id)
            whose = Member.login.regexp_match("^crowd-[0-9]+$")
            assert connection.scalar(counted.where(whose)) == 200 * each
        assert connection.scalar(text(ORPHANS)) == 0
        assert connection.execute(text(IDS_IN_THE_ORDER_OF_MOMENTS)).all() == []
