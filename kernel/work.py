"""Carry one request's work: look without a transaction, gather what is written, write it at once.

A look-up needs no transaction, and neither does a single write; several writes make one of their
own. So a request that reads one thing and notes two costs two round trips instead of five. As soon
as something goes through SQLAlchemy itself, or a write must answer at once, the transaction begins;
what was gathered goes first, and everything after it happens inside.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Engine, PoolProxiedConnection, event
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session, sessionmaker

from kernel import clock
from kernel.driver import Line, Ready, driver_of, told

STANDING = "taipei_id_standing"  # where an engine keeps it
SINCE = "taipei_id_since"  # where a connection does: when it first left the pool
LONGEST_OUT = 1800  # seconds; after as many the pool takes a new one


class Write(Protocol):
    """A statement whose answer nobody waits for."""

    def ready(self, line: Line) -> Ready:
        """Return what the driver takes."""
        ...


class Kept(NamedTuple):
    """A connection out of the pool, the line on it, and since when nobody uses it."""

    connection: PoolProxiedConnection
    line: Line
    since: float  # in `clock.seconds`


class Standing:
    """Hands a connection from one request to the next: by way of the pool it costs far more.

    It goes by way of the pool again, which takes a new one for what is too old, after a minute that
    nobody used it and in any case after half an hour.
    """

    def __init__(self, engine: Engine, *, seconds: float = 60) -> None:
        """Keep at most one connection of `engine`, and none that stood longer than `seconds`."""
        self._seconds = seconds
        self._kept: list[Kept] = []
        event.listen(engine, "engine_disposed", self._end)

    def take(self) -> Kept | None:
        """Return the connection that was kept, if there is one."""
        try:
            kept = self._kept.pop()  # one step: no two threads get the same
        except IndexError:
            return None
        if clock.seconds() - kept.since <= self._seconds:
            return kept
        kept.connection.close()
        return None

    def give(self, connection: PoolProxiedConnection, line: Line) -> None:
        """Keep a connection for whoever comes next; the pool undoes what was left open on it."""
        now = clock.seconds()
        is_old = now - connection.info.setdefault(SINCE, now) > LONGEST_OUT
        if is_old:
            del connection.info[SINCE]  # a file's pool hands the same one out again
        if self._kept or is_old or line.driver.in_transaction:
            connection.close()
        else:
            self._kept.append(Kept(connection, line, now))

    def _end(self, _engine: Engine) -> None:
        while self._kept:
            self._kept.pop().connection.invalidate()


def standing_at(engine: Engine) -> Standing:
    """Return what hands on a connection of `engine`; there is one, however many applications."""
    known: Standing | None = engine.get_execution_options().get(STANDING)
    if known is None:
        known = Standing(engine)
        engine.update_execution_options(**{STANDING: known})
    return known


class WorkSession(Session):
    """A session whose connection stands beside the ORM: hot statements pay nothing for it.

    The connection is taken once. A request that never touches an entity never starts SQLAlchemy's
    own bookkeeping, which costs more than its statements (docs/performance.md).
    """

    def __init__(self, make: sessionmaker[Session], *, is_repeated: bool = False) -> None:
        """Work on the engine of `make`; open nothing yet.

        A request `is_repeated` if, should anything fail, it is undone and done again in a session
        that is not: then what is once only needs no answer before the commit.
        """
        super().__init__(make.kw["bind"], expire_on_commit=False)
        self._engine: Engine = make.kw["bind"]
        self._standing = standing_at(self._engine)
        self._taken: PoolProxiedConnection | None = None
        self._line: Line | None = None
        self._told: Connection | None = None  # what SQLAlchemy works on, once it does
        self._gathered: list[Write] = []
        self._unseen: list[Write] = []  # gathered too; no look-up of this request asks for them
        self.is_repeated = is_repeated

    def looking(self) -> Line:
        """Return the line for a look-up: inside the transaction if there is one."""
        return self.changing() if self._gathered else self._open()

    def changing(self) -> Line:
        """Return the line with its transaction begun, and everything gathered written."""
        line = self._open()
        if not line.driver.in_transaction:
            self._write_gathered(line, line.driver.begin)
        elif self._gathered or self._unseen:
            self._write_gathered(line, line.driver.run_each)
        return line

    def later(self, write: Write, *, is_seen: bool = True) -> None:
        """Gather a write whose answer nobody waits for; `is_seen` by look-ups that follow."""
        (self._gathered if is_seen else self._unseen).append(write)

    @contextmanager
    def step(self) -> Iterator[None]:
        """Do all of a step or nothing: what an exception leaves half-way is undone as it passes.

        What was written or gathered before stays; what was loaded before is read again when asked
        for, since an UPDATE past the ORM may have changed it meanwhile.
        """
        self.changing()
        try:
            with self.begin_nested():
                try:
                    yield
                except BaseException:
                    self._forget_gathered()
                    raise
        except BaseException:
            self.expire_all()
            raise

    def connection(
        self,
        bind_arguments: Any = None,  # noqa: ARG002  # SQLAlchemy's signature
        execution_options: Any = None,  # noqa: ARG002
    ) -> Connection:
        """Return SQLAlchemy's connection, with its transaction begun."""
        self.changing()
        if self._told is None:
            self._told = Connection(self._engine, self._taken)
        return self._told

    def get_bind(self, *_mapper: Any, **_options: Any) -> Connection:
        """Let the ORM work on the same connection."""
        return self.connection()

    def commit(self, *, lasting: bool = True) -> None:
        """Flush what the ORM holds, write what was gathered, then commit.

        If everything written can be asked for again it need not be `lasting`: a power cut may
        take it, as long as nothing lasting was committed after it.
        """
        if self.in_transaction():
            if self._line is not None and self._line.driver.in_transaction:
                self.changing()  # the ORM commits by itself, and takes what was gathered along
            super().commit()
        if self._told is not None and self._told.in_transaction():
            self.changing()
            self._told.commit()
        elif self._line is not None and self._line.driver.in_transaction:
            self._write_gathered(self._line, self._line.driver.commit)
            self._tell_of_commit()
        elif self._gathered or self._unseen:
            self._write_alone(self._open(), lasting=lasting)
            self._tell_of_commit()

    def rollback(self) -> None:
        """Undo everything since the last commit, and forget what was gathered."""
        self._forget_gathered()
        if self._line is not None and self._line.driver.is_lost:
            self._forget_lost()
            return
        if self.in_transaction():
            super().rollback()
        if self._told is not None:
            self._told.rollback()
        if self._line is not None and self._line.driver.in_transaction:
            self._line.driver.rollback()

    def close(self) -> None:
        """Give the connection back; what was not committed is undone."""
        self._forget_gathered()
        if self._line is not None and self._line.driver.is_lost:
            self._forget_lost()
        if self.in_transaction() or self.identity_map:
            super().close()
        if self._told is not None:
            self._told.close()
        elif self._taken is not None and self._line is not None:
            self._standing.give(self._taken, self._line)
        self._taken = self._line = self._told = None

    def _forget_lost(self) -> None:
        # The server has undone everything already; nobody shall meet this connection again.
        if self._taken is not None:
            self._taken.invalidate()
        self.invalidate()
        self._taken = self._line = self._told = None

    def _open(self) -> Line:
        if self._line is None:
            kept = self._standing.take()
            self._taken, self._line = self._from_pool() if kept is None else kept[:2]
        return self._line

    def _from_pool(self) -> tuple[PoolProxiedConnection, Line]:
        dialect = self._engine.dialect
        try:
            taken = self._engine.raw_connection()
        except dialect.loaded_dbapi.Error as error:  # nobody there: the pool tells it raw
            raise told(error, "", dialect) from error
        return taken, Line(self._engine, driver_of(taken))

    def _forget_gathered(self) -> None:
        self._gathered.clear()
        self._unseen.clear()

    def _write_alone(self, line: Line, *, lasting: bool) -> None:
        """Write what was gathered as a transaction of its own; a single write is one anyway."""

        def write(ready: Sequence[Ready]) -> None:
            if len(ready) > 1 or not lasting:
                line.driver.run_together(ready, lasting=lasting)
            else:
                line.driver.run(*ready[0])

        self._write_gathered(line, write)

    def _write_gathered(self, line: Line, write: Callable[[Sequence[Ready]], object]) -> None:
        ready = [each.ready(line) for each in (*self._unseen, *self._gathered)]
        self._forget_gathered()
        dialect = line.engine.dialect
        try:
            write(ready)
        except dialect.loaded_dbapi.Error as error:
            raise told(error, "; ".join(sql for sql, _ in ready), dialect) from error

    def _tell_of_commit(self) -> None:
        # SQLAlchemy does not see it, but whoever listens to the engine shall.
        for hear in self._engine.dispatch.commit:
            hear(self._told)
