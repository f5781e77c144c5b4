from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import IntegrityError

from audit import footprint, trail
from audit.lines import Kind
from audit.models import LedgerCheckpoint, LedgerLine, LedgerSeal, TrailEntry
from carriers.models import CarrierEvent, Happening
from counters.case_models import CaseEvent, CaseState
from kernel.db import Sessions, open_engine, sessions, transaction
from kernel.ids import new_id
from tests.audit import ledgers
from tests.make import NOON

LEDGERS = {  # each with a change that somebody might like to make
    "trail": "at = '2027-01-01 00:00:00'",
    "ledger": "at = '2027-01-01 00:00:00'",
    "ledger_seal": "place = 7",
    "ledger_checkpoint": "at = '2027-01-01 00:00:00'",
    "carrier_event": "reason = 'found again'",
    "case_event": "reason = 'never happened'",
}
MODELS = (TrailEntry, LedgerLine, LedgerSeal, LedgerCheckpoint, CarrierEvent, CaseEvent)


@pytest.fixture
def engine(prepared_url: str) -> Iterator[Engine]:
    engine = open_engine(prepared_url)
    write_one_line_each(sessions(engine))
    yield engine
    engine.dispose()


def write_one_line_each(make: Sessions) -> None:
    with transaction(make) as session:
        trail.record(session, "key.rotated", actor=None, now=NOON)
        footprint.record(session, Kind.LOGGED_IN, member_id=new_id(), now=NOON)
        session.add(
            CarrierEvent(
                binding_id=new_id(),
                member_id=new_id(),
                happening=Happening.SUSPENDED,
                reason="lost",
                at=NOON,
            )
        )
        session.add(
            CaseEvent(case_id=new_id(), at=NOON, state=CaseState.INTAKE, reason="", clause="")
        )
    ledgers.seal(make)


def lines(engine: Engine) -> int:
    with engine.begin() as connection:
        found = [
            connection.scalar(select(func.count()).select_from(model)) or 0 for model in MODELS
        ]
    return sum(found)


@pytest.mark.parametrize("table", LEDGERS)
@pytest.mark.parametrize("verb", ["UPDATE {} SET {}", "DELETE FROM {}"])
def test_a_line_once_written_stays_as_it_is(engine: Engine, table: str, verb: str) -> None:
    with (
        pytest.raises(IntegrityError, match=f"{table} is append-only"),
        engine.begin() as connection,
    ):
        connection.execute(text(verb.format(table, LEDGERS[table])))

    assert lines(engine) == 6


def test_lines_may_always_be_added(engine: Engine) -> None:
    write_one_line_each(sessions(engine))

    assert lines(engine) == 12


@pytest.mark.parametrize("table", LEDGERS)
def test_a_line_cannot_be_replaced_through_a_conflict_either(engine: Engine, table: str) -> None:
    again = f"INSERT INTO {table} SELECT * FROM {table} WHERE true"  # noqa: S608  # a constant
    key = {"ledger_seal": "line_id", "ledger_checkpoint": "number"}.get(table, "id")
    change = f"ON CONFLICT ({key}) DO UPDATE SET {LEDGERS[table]}"

    with pytest.raises(IntegrityError, match="append-only"), engine.begin() as connection:
        connection.execute(text(f"{again} {change}"))


@pytest.mark.parametrize("prepared_url", ["postgresql"], indirect=True)
def test_a_postgresql_test_may_empty_the_ledgers(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(LEDGERS)}"))

    assert lines(engine) == 0
