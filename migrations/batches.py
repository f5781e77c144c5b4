"""Change many rows while people sign in: a few at a time, each batch a short transaction.

A revision holds what it locks until all of it is done. What touches every row of a large table is
therefore no part of one: it runs afterwards (`migrations.afterwards`), by the order of a key.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Engine, TableClause, func, select, update
from sqlalchemy.engine import Connection

SIZE = 500  # rows a transaction: nobody waits for one of them longer than a page takes


@dataclass(frozen=True, kw_only=True)
class Batches:
    """A change of all rows of a table that are still `unchanged`; done again it does nothing.

    `key` is a column whose values are unique and indexed.
    """

    table: TableClause
    key: str
    values: Mapping[str, Any]  # by column: values or SQL expressions
    unchanged: ColumnElement[bool]

    def run(
        self, engine: Engine, *, size: int = SIZE, advance: Callable[[int], None] = lambda _: None
    ) -> int:
        """Change batch after batch; return how many rows were changed.

        Whether there is anything to do is one question that locks nothing: at each later upgrade
        it is all that is left of this.
        """
        if not self._is_wanted(engine):
            return 0
        changed, after = 0, None
        while True:
            with engine.begin() as connection:
                last = self._end(connection, after, size)
                done = 0 if last is None else self._change(connection, after, last)
            if last is None:
                return changed
            changed, after = changed + done, last
            advance(done)

    def _is_wanted(self, engine: Engine) -> bool:
        with engine.connect() as connection:
            left = select(self.table.c[self.key]).where(self.unchanged).limit(1)
            return connection.execute(left).first() is not None

    def _end(self, connection: Connection, after: Any, size: int) -> Any:  # a value of the key
        keys = select(self.table.c[self.key].label("key")).order_by(self.table.c[self.key])
        if after is not None:
            keys = keys.where(self.table.c[self.key] > after)
        batch = keys.limit(size).subquery()
        # Not max(): PostgreSQL 15 knows none of UUIDs.
        return connection.scalar(select(batch.c.key).order_by(batch.c.key.desc()).limit(1))

    def _change(self, connection: Connection, after: Any, last: Any) -> int:
        key = self.table.c[self.key]
        statement = update(self.table).where(key <= last, self.unchanged).values(self.values)
        if after is not None:
            statement = statement.where(key > after)
        return connection.execute(statement).rowcount


def count(connection: Connection, change: Batches) -> int:
    """Return how many rows are still to be changed."""
    found = select(func.count()).select_from(change.table).where(change.unchanged)
    return connection.scalar(found) or 0
