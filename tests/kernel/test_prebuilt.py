"""A prebuilt statement says what SQLAlchemy would have said, and no more when it fails."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import DataError, IntegrityError, StatementError
from sqlalchemy.orm import Session

from audit.models import LedgerLine
from kernel.db import Sessions
from kernel.ids import new_id
from kernel.prebuilt import Prebuilt
from kernel.throttle import Throttle
from kernel.work import WorkSession
from members.models import Member, Standing
from tests import make

COLUMNS = [column.name for column in LedgerLine.__table__.columns]
APPEND = Prebuilt(insert(LedgerLine), given=COLUMNS)
PLAIN = select(*LedgerLine.__table__.columns).where(LedgerLine.id == bindparam("key"))
FIND = Prebuilt(PLAIN)
COUNT = Prebuilt(
    update(Throttle)
    .where(Throttle.key == bindparam("of"))
    .values(hits=Throttle.hits + 1)
    .returning(Throttle.hits, Throttle.window_ends_at)
)
ADD = Prebuilt(insert(Throttle), given=["key", "hits", "window_ends_at"])
# PostgreSQL keeps neither NUL nor half a surrogate pair, whoever sends it.
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


def a_line(now: datetime, **changes: Any) -> dict[str, Any]:  # columns are of many types
    line = {"id": new_id(), "at": now, "member_id": new_id(), "kind": "card.used"}
    rest: dict[str, Any] = {
        "client_id": None,
        "purpose_id": None,
        "claims": [],
        "basis": [],
        "detail": {},
    }
    return {**line, **rest, **changes}


@given(
    claims=st.lists(TEXT, max_size=3),
    detail=st.dictionaries(TEXT, st.integers(-(2**40), 2**40) | st.booleans() | TEXT, max_size=3),
    moment=st.datetimes(timezones=st.just(timezone(timedelta(hours=8)))),
    client=st.none() | st.uuids(),
)
def test_what_goes_in_comes_out_as_through_sqlalchemy(
    session: Session, claims: list[str], detail: dict[str, Any], moment: datetime, client: Any
) -> None:
    line = a_line(
        moment.replace(year=2000 + moment.year % 50, day=1),
        claims=claims,
        detail=detail,
        client_id=client,
    )

    APPEND.write(session, line)

    (found,) = FIND.all(session, {"key": line["id"]})
    assert found._asdict() == session.execute(PLAIN, {"key": line["id"]}).one()._asdict()
    assert found._asdict() == line
    session.rollback()


def test_a_kind_and_bytes_come_out_as_what_they_are(session: Session) -> None:
    member = make.a_member(session)
    statement = select(Member.standing, Member.profile_sealed).where(Member.id == bindparam("key"))

    (found,) = Prebuilt(statement).all(session, {"key": member.id})

    assert found == (Standing.ACTIVE, member.profile_sealed)
    assert found.standing is Standing.ACTIVE


def test_nothing_found_is_none_and_nothing_changed_is_zero(session: Session) -> None:
    assert FIND.one_or_none(session, {"key": new_id()}) is None
    assert FIND.all(session, {"key": new_id()}) == []
    assert COUNT.run(session, {"of": b"k"}) == 0


def test_a_change_tells_what_it_changed(session: Session, now: datetime) -> None:
    ADD.write(session, {"key": b"k", "hits": 1, "window_ends_at": now})

    assert COUNT.all(session, {"of": b"k"}) == [(2, now)]
    assert COUNT.run(session, {"of": b"k"}) == 1


def test_numbers_of_every_size_find_their_column(session: Session, now: datetime) -> None:
    for number in (1, 40_000, 2**31 - 1):  # the driver sends each in a size of its own
        key = number.to_bytes(4, "big")
        ADD.write(session, {"key": key, "hits": number, "window_ends_at": now})

        assert session.get_one(Throttle, key).hits == number


def test_a_value_left_out_is_a_mistake_and_not_null(session: Session, now: datetime) -> None:
    with pytest.raises(KeyError, match="window_ends_at"):
        ADD.write(session, {"key": b"k", "hits": 1})
    with pytest.raises((ValueError, StatementError), match="time zone"):
        ADD.write(session, {"key": b"k", "hits": 1, "window_ends_at": now.replace(tzinfo=None)})


def test_an_error_is_sqlalchemys_and_repeats_no_values(session: Session, now: datetime) -> None:
    ADD.write(session, {"key": b"k", "hits": 4711, "window_ends_at": now})

    with pytest.raises(IntegrityError) as error:
        ADD.write(session, {"key": b"k", "hits": 4711, "window_ends_at": now})

    assert "4711" not in str(error.value)


def test_a_connection_survives_a_failed_statement(sessions: Sessions, now: datetime) -> None:
    for _ in range(2):
        work = WorkSession(sessions)
        with pytest.raises((IntegrityError, DataError)):
            ADD.run(work, {"key": b"k", "hits": None, "window_ends_at": now})
        work.rollback()

        assert COUNT.run(work, {"of": b"k"}) == 0
        work.rollback()
        work.close()


def test_an_insert_that_leaves_columns_to_the_model_is_a_mistake(session: Session) -> None:
    incomplete = Prebuilt(insert(Member), given=["id", "login"])  # its standing has a default

    with pytest.raises(ValueError, match="standing"):
        incomplete.write(session, {"id": new_id(), "login": "mei"})


def test_rows_are_locked_inside_a_transaction(sessions: Sessions) -> None:
    lock = Prebuilt(select(Member.id).with_for_update(), locks=True)
    work = WorkSession(sessions)

    lock.all(work, {})

    assert work.looking().driver.in_transaction
    work.close()
