"""Carry one request's work: look without a transaction, gather what is written, write it at once.

A look-up needs no transaction, and neither does a single write: a request that reads one thing and
notes another costs two round trips instead of four. As soon as something goes through SQLAlchemy
itself, or a write must answer at once, the transaction begins; what was gathered goes first, and
everything after it happens inside.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from kernel.db import Sessions
from kernel.driver import driver_of

Write: TypeAlias = Callable[[Connection], object]


class WorkSession(Session):
    """A session whose connection stands beside the ORM: hot statements pay nothing for it.

    The connection is opened once. A request that never touches an entity never starts the ORM's
    own bookkeeping, which costs more than its statements (docs/performance.md).
    """

    def __init__(self, make: Sessions) -> None:
        """Work on the engine of `make`; open nothing yet."""
        super().__init__(make.kw["bind"], expire_on_commit=False)
        self._engine = make.kw["bind"]
        self._opened: Connection | None = None
        self._gathered: list[Write] = []  # only while no transaction is open

    def looking(self) -> Connection:
        """Return the connection for a look-up: inside the transaction if there is one."""
        return self.connection() if self._gathered else self._open()

    def later(self, write: Write) -> None:
        """Gather a write whose answer nobody waits for."""
        if self._opened is not None and driver_of(self._opened).in_transaction:
            write(self._opened)
        else:
            self._gathered.append(write)

    def connection(
        self,
        bind_arguments: Any = None,  # noqa: ARG002  # SQLAlchemy's signature
        execution_options: Any = None,  # noqa: ARG002
    ) -> Connection:
        """Return the connection with its transaction begun."""
        connection = self._open()
        driver = driver_of(connection)
        if not driver.in_transaction:
            driver.begin()
            self._write_gathered(connection)
        return connection

    def get_bind(self, *_mapper: Any, **_options: Any) -> Connection:
        """Let the ORM work on the same connection."""
        return self.connection()

    def commit(self) -> None:
        """Flush what the ORM holds, write what was gathered, then commit."""
        if self.in_transaction():
            super().commit()
        if len(self._gathered) == 1:  # it is a transaction by itself
            self._write_gathered(self._open())
            self._tell_of_commit()
        elif self._gathered:
            self.connection()
        opened = self._opened
        if opened is None:
            return
        if opened.in_transaction():
            opened.commit()
        elif driver_of(opened).in_transaction:
            driver_of(opened).commit()
            self._tell_of_commit()

    def rollback(self) -> None:
        """Undo everything since the last commit, and forget what was gathered."""
        self._gathered.clear()
        if self.in_transaction():
            super().rollback()
        if self._opened is not None:
            self._opened.rollback()
            self._undo(self._opened)

    def close(self) -> None:
        """Give the connection back; what was not committed is undone."""
        self._gathered.clear()
        if self.in_transaction() or self.identity_map:
            super().close()
        if self._opened is not None:
            self._undo(self._opened)
            self._opened.close()
            self._opened = None

    def _open(self) -> Connection:
        if self._opened is None:
            self._opened = self._engine.connect()
        return self._opened

    def _write_gathered(self, connection: Connection) -> None:
        gathered, self._gathered = self._gathered, []
        for write in gathered:
            write(connection)

    @staticmethod
    def _undo(connection: Connection) -> None:
        if not connection.in_transaction() and driver_of(connection).in_transaction:
            driver_of(connection).rollback()

    def _tell_of_commit(self) -> None:
        # SQLAlchemy does not see it, but whoever listens to the engine shall.
        for hear in self._engine.dispatch.commit:
            hear(self._opened)
