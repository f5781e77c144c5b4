from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from threading import Barrier

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from adapters.password.models import PasswordCredential
from kernel.db import Base, Sessions, changed, insert_once, transaction
from kernel.errors import Refused
from kernel.ids import new_id
from kernel.throttle import Throttle
from kernel.wording import CHINESE, ENGLISH, Bilingual
from members.models import Standing
from tests import make


def a_row(key: bytes, *, ends: datetime) -> dict[str, object]:
    return {"key": key, "hits": 1, "window_ends_at": ends, "locked_until": None}


def test_a_moment_comes_back_as_it_went_in_and_in_utc(session: Session, now: datetime) -> None:
    taipei = timezone(timedelta(hours=8))
    precise = now.replace(microsecond=123456).astimezone(taipei)
    insert_once(session, Throttle, a_row(b"k", ends=precise))

    read = session.scalars(select(Throttle.window_ends_at)).one()

    assert read == precise
    assert read.utcoffset() == timedelta(0)


def test_a_moment_without_a_zone_is_refused(session: Session, now: datetime) -> None:
    with pytest.raises(ValueError, match="time zone"):
        insert_once(session, Throttle, a_row(b"k", ends=now.replace(tzinfo=None)))


def test_moments_compare_in_the_database_as_they_do_outside(
    session: Session, now: datetime
) -> None:
    moments = [now, now + timedelta(microseconds=1), now.replace(microsecond=999999)]
    for number, moment in enumerate(moments):
        insert_once(session, Throttle, a_row(bytes([number]), ends=moment))

    later = session.scalars(select(Throttle.key).where(Throttle.window_ends_at > now)).all()

    assert sorted(later) == [b"\1", b"\2"]


def test_a_row_is_inserted_once(session: Session, now: datetime) -> None:
    assert insert_once(session, Throttle, a_row(b"k", ends=now))
    assert not insert_once(session, Throttle, a_row(b"k", ends=now))


def test_of_racing_workers_one_inserts(sessions: Sessions, now: datetime) -> None:
    start = Barrier(8)

    def attempt() -> bool:
        start.wait()
        with transaction(sessions) as session:
            return insert_once(session, Throttle, a_row(b"k", ends=now))

    with ThreadPoolExecutor(8) as pool:
        inserted = [each.result() for each in [pool.submit(attempt) for _ in range(8)]]

    assert sum(inserted) == 1


def test_a_statement_that_changes_no_rows_is_not_counted(session: Session) -> None:
    assert changed(session.execute(text("DELETE FROM throttle"))) == 0


def test_a_transaction_is_all_or_nothing(sessions: Sessions, now: datetime) -> None:
    def fail() -> None:
        with transaction(sessions) as session:
            insert_once(session, Throttle, a_row(b"k", ends=now))
            raise Refused("room.reason")

    with pytest.raises(Refused):
        fail()

    with transaction(sessions) as session:
        assert session.scalars(select(Throttle)).all() == []


def test_a_transaction_that_succeeds_is_kept(sessions: Sessions, now: datetime) -> None:
    with transaction(sessions) as session:
        insert_once(session, Throttle, a_row(b"k", ends=now))

    with transaction(sessions) as session:
        assert len(session.scalars(select(Throttle)).all()) == 1


def test_an_unknown_kind_is_refused_by_the_database_itself(session: Session) -> None:
    make.a_member(session)

    with pytest.raises(IntegrityError):
        session.execute(text("UPDATE member SET standing = 'immortal'"))


def test_a_kind_is_stored_by_its_value(session: Session) -> None:
    make.a_member(session, standing=Standing.SUSPENDED)

    assert session.execute(text("SELECT standing FROM member")).scalar_one() == "suspended"


def test_what_refers_to_nothing_is_refused_by_the_database_itself(
    session: Session, now: datetime
) -> None:
    session.add(PasswordCredential(member_id=new_id(), hash="", changed_at=now))

    with pytest.raises(IntegrityError):
        session.flush()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # PostgreSQL decides by row
def test_what_is_read_stays_true_until_it_is_written(sessions: Sessions, now: datetime) -> None:
    with transaction(sessions) as session:
        insert_once(session, Throttle, a_row(b"k", ends=now))

    def count(_: int) -> None:
        with transaction(sessions) as session:
            row = session.scalars(select(Throttle)).one()
            row.hits += 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count, range(40)))

    with transaction(sessions) as session:
        assert session.scalar(select(Throttle.hits)) == 41


def test_an_error_of_the_database_repeats_no_values(session: Session, now: datetime) -> None:
    secret = "a hash nobody should read in a log"
    session.add(PasswordCredential(member_id=new_id(), hash=secret, changed_at=now))

    with pytest.raises(IntegrityError) as error:
        session.flush()

    assert secret not in str(error.value)


def test_every_constraint_has_a_name() -> None:
    names = {
        constraint.name
        for table in Base.metadata.tables.values()
        for constraint in table.constraints
    }

    assert None not in names


def test_text_speaks_the_language_asked_for() -> None:
    greeting = Bilingual("您好", "Hello")

    assert greeting.text(CHINESE) == "您好"
    assert greeting.text(ENGLISH) == "Hello"
    assert greeting.text("fr") == "您好"
