"""Do what cannot be part of a revision's transaction: it would keep people from signing in.

A revision names such steps as `AFTERWARDS`. They run once its transaction is over, in order, and
again at the next upgrade: there a step only asks whether anything is left, in one statement that
holds nobody up. That needs no record of what was done, which a restored copy would have wrong. The
next release takes them out.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import sleep
from typing import Any, Protocol

from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import make_url

from kernel.db import is_pooled, open_engine

ONE_RUNNER = 7_209_411_847  # beside that of the revisions (env.py)
LOOK_SECONDS = 1
VALID = """
SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)
"""


class Step(Protocol):
    """Something to do beside people who sign in; done again it does nothing."""

    def run(self, engine: Engine) -> object:
        """Do what is left of it."""
        ...


@dataclass(frozen=True, kw_only=True)
class Index:
    """An index on a table that has rows: PostgreSQL builds it beside whoever writes."""

    name: str
    table: str
    columns: tuple[str, ...]
    unique: bool = False
    where: str = ""

    def run(self, engine: Engine) -> None:
        """Build it, unless it is there; one whose building was interrupted is built anew."""
        connection = engine.raw_connection()
        try:
            self._build(connection.cursor(), beside=engine.dialect.name == "postgresql")
        finally:
            connection.close()

    def _build(self, cursor: Any, *, beside: bool) -> None:  # the driver's own cursor
        if beside and _was_interrupted(cursor, self.name):
            cursor.execute(f'DROP INDEX CONCURRENTLY "{self.name}"')
        kind = "UNIQUE INDEX" if self.unique else "INDEX"
        how = "CONCURRENTLY IF NOT EXISTS" if beside else "IF NOT EXISTS"
        columns = ", ".join(f'"{each}"' for each in self.columns)
        condition = f" WHERE {self.where}" if self.where else ""
        cursor.execute(
            f'CREATE {kind} {how} "{self.name}" ON "{self.table}" ({columns}){condition}'
        )


@dataclass(frozen=True, kw_only=True)
class Validated:
    """A constraint that was widened: PostgreSQL looks at the rows of before beside whoever writes.

    Only so do the tables say the same as those of a new database.
    """

    table: str
    constraint: str

    def run(self, engine: Engine) -> None:
        """Let every row be looked at; done again it only asks whether that was done."""
        if engine.dialect.name != "postgresql":
            return  # there the table was rebuilt, row by row
        with engine.begin() as connection:
            connection.exec_driver_sql(
                f'ALTER TABLE "{self.table}" VALIDATE CONSTRAINT "{self.constraint}"'
            )


def _was_interrupted(cursor: Any, name: str) -> bool:
    cursor.execute(VALID, (name,))
    row = cursor.fetchone()
    return row is not None and not row[0]


def run(url: str, scripts: ScriptDirectory, revision: str) -> None:
    """Do the steps of every revision up to `revision`."""
    found = reversed(list(scripts.iterate_revisions(revision, "base")))
    steps: list[Step] = [step for each in found for step in getattr(each.module, "AFTERWARDS", ())]
    if not steps:
        return
    engine = open_engine(url, pool_size=2)
    if engine.dialect.name == "postgresql" and not is_pooled(make_url(url)):
        event.listen(engine, "connect", _take_all_the_time_there_is)
    try:
        with _alone(engine):
            for step in steps:
                step.run(engine)
    finally:
        engine.dispose()


def _take_all_the_time_there_is(connection: Any, _record: object) -> None:  # the driver's own
    """Lift what the URL says of how long a page may wait."""
    connection.execute("SET statement_timeout = 0")
    connection.execute("SET lock_timeout = 0")


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Let one node do its steps: an index another is building looks like one that was interrupted.

    Whoever waits asks again and again. A statement that waited for the lock would be one more that
    the building of an index waits for. Who has it holds no snapshot, so nothing waits for that.
    """
    if engine.dialect.name != "postgresql":  # each step is one transaction, and those are alone
        yield
        return
    with engine.connect() as connection:
        while not _has_turn(connection):
            connection.rollback()
            sleep(LOOK_SECONDS)
        yield


def _has_turn(connection: Connection) -> bool:
    connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
    connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
    asked = connection.exec_driver_sql(f"SELECT pg_try_advisory_xact_lock({ONE_RUNNER})")
    return bool(asked.scalar())
