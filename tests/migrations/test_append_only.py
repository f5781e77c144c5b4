from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from audit import trail
from audit.models import Disclosure, TrailEntry
from kernel.db import open_engine, sessions, transaction
from kernel.ids import new_id
from tests.make import NOON

CHANGES = ("UPDATE {} SET at = '2027-01-01 00:00:00'", "DELETE FROM {}")
LEDGERS = ("trail", "disclosure")
NEXT_YEAR = "'2027-01-01 00:00:00'"


@pytest.fixture
def engine(prepared_url: str) -> Iterator[Engine]:
    engine = open_engine(prepared_url)
    with transaction(sessions(engine)) as session:
        write_one_line_each(session)
    yield engine
    engine.dispose()


def write_one_line_each(session: Session) -> None:
    trail.record(session, "consent.given", actor=new_id(), now=NOON)
    trail.record_disclosure(
        session,
        ["name"],
        channel="userinfo",
        member_id=new_id(),
        client_id=new_id(),
        purpose_id=new_id(),
        grant_id=new_id(),
        now=NOON,
    )


def lines(engine: Engine) -> int:
    with engine.begin() as connection:
        found = [
            connection.scalar(select(func.count()).select_from(model)) or 0
            for model in (TrailEntry, Disclosure)
        ]
    return sum(found)


@pytest.mark.parametrize("table", LEDGERS)
@pytest.mark.parametrize("verb", CHANGES)
def test_a_line_once_written_stays_as_it_is(engine: Engine, table: str, verb: str) -> None:
    with (
        pytest.raises(IntegrityError, match=f"{table} is append-only"),
        engine.begin() as connection,
    ):
        connection.execute(text(verb.format(table)))

    assert lines(engine) == 2


def test_lines_may_always_be_added(engine: Engine) -> None:
    with transaction(sessions(engine)) as session:
        write_one_line_each(session)

    assert lines(engine) == 4


@pytest.mark.parametrize("table", LEDGERS)
def test_a_line_cannot_be_replaced_through_a_conflict_either(engine: Engine, table: str) -> None:
    again = f"INSERT INTO {table} SELECT * FROM {table} WHERE true"  # noqa: S608  # a constant

    with pytest.raises(IntegrityError, match="append-only"), engine.begin() as connection:
        connection.execute(text(f"{again} ON CONFLICT (id) DO UPDATE SET at = {NEXT_YEAR}"))


@pytest.mark.parametrize("empty_url", ["postgresql"], indirect=True)
def test_a_postgresql_test_may_empty_the_ledgers(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE trail, disclosure"))

    assert lines(engine) == 0
