"""Do what cannot be part of a revision's transaction: it would keep people from signing in.

A revision names such steps as `AFTERWARDS`. They run once its transaction is over, in order, and
again at the next upgrade: there a step only asks whether anything is left, in one statement that
holds nobody up. That needs no record of what was done, which a restored copy would have wrong. The
next release takes them out.
"""

from dataclasses import dataclass
from typing import Any, Protocol

from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from kernel.db import open_engine

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
    engine = open_engine(url, pool_size=1)
    try:
        for step in steps:
            step.run(engine)
    finally:
        engine.dispose()
