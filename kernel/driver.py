"""Speak to the driver itself: a hot statement costs a fifth of what it costs through the layers.

The driver never begins a transaction by itself (`kernel.db.open_engine`); whoever wants one says
so. SQLAlchemy, working on the same connection, joins it.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias, cast

import psycopg
from psycopg.adapt import AdaptersMap, PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus, Format, TransactionStatus
from psycopg.types.string import TextBinaryLoader
from sqlalchemy import Dialect, Engine, PoolProxiedConnection
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

Values: TypeAlias = Sequence[Any]  # what the driver takes
Rows: TypeAlias = list[tuple[Any, ...]]  # what it gives
Ready: TypeAlias = tuple[str, Values]
DONE = frozenset({ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK})
# For this transaction only: its commit does not wait until the disk has it.
WITHOUT_WAITING: Ready = ("SELECT set_config('synchronous_commit', 'off', true)", ())


class Driver(Protocol):
    """One connection, as its driver shows it."""

    @property
    def in_transaction(self) -> bool:
        """Say whether a transaction was begun."""
        ...

    @property
    def is_lost(self) -> bool:
        """Say whether the server is no longer at the other end."""
        ...

    def run(self, sql: str, values: Values) -> tuple[Rows, int]:
        """Run a statement; return its rows, and how many it returned or changed."""
        ...

    def run_together(self, statements: Sequence[Ready], *, lasting: bool = True) -> None:
        """Run several writes as one transaction of their own: all or none, and kept.

        What need not be `lasting` may be lost in a power cut, unless something lasting follows:
        then it is kept with that (docs/decisions/0037).
        """
        ...

    def run_each(self, statements: Sequence[Ready]) -> None:
        """Run several writes inside the transaction that was begun."""
        ...

    def begin(self, first: Sequence[Ready] = ()) -> None:
        """Begin a transaction that will write, and run the first writes of it."""
        ...

    def commit(self, last: Sequence[Ready] = ()) -> None:
        """Run the last writes of it, and commit."""
        ...

    def rollback(self) -> None:
        """Undo it."""
        ...


class SqliteDriver:
    """The standard library's module, in its autocommit mode."""

    is_lost = False

    def __init__(self, connection: Any) -> None:  # sqlite3.Connection, or its like
        self._connection = connection

    @property
    def in_transaction(self) -> bool:
        """Say whether a transaction was begun."""
        return bool(self._connection.in_transaction)

    def run(self, sql: str, values: Values) -> tuple[Rows, int]:
        """Run a statement; the module keeps what it has prepared."""
        cursor = self._connection.execute(sql, values)
        rows = cursor.fetchall()
        return rows, len(rows) or cursor.rowcount

    def run_together(self, statements: Sequence[Ready], *, lasting: bool = True) -> None:
        """Begin, run, commit: nothing travels, so there is nothing to save but the disk's time."""
        if lasting:
            self._run_together(statements)
            return
        self._connection.execute("PRAGMA synchronous=NORMAL")
        try:
            self._run_together(statements)
        finally:
            self._connection.execute("PRAGMA synchronous=FULL")

    def _run_together(self, statements: Sequence[Ready]) -> None:
        try:
            self.begin(statements)
            self.commit()
        except BaseException:
            self.rollback()
            raise

    def run_each(self, statements: Sequence[Ready]) -> None:
        """Run them one after the other: nothing travels."""
        for sql, values in statements:
            self.run(sql, values)

    def begin(self, first: Sequence[Ready] = ()) -> None:
        """Take the write lock, so that what is read stays true until it is written."""
        self._connection.execute("BEGIN IMMEDIATE")
        self.run_each(first)

    def commit(self, last: Sequence[Ready] = ()) -> None:
        """Commit."""
        self.run_each(last)
        self._connection.commit()

    def rollback(self) -> None:
        """Undo."""
        self._connection.rollback()


class _Conversions:
    """psycopg's conversions, but for JSON: it stays text until somebody wants to read it."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.adapters = AdaptersMap(connection.adapters)
        self.adapters.register_loader("json", TextBinaryLoader)


class PostgresDriver:
    """libpq, through psycopg's own binding and with psycopg's conversions (docs/decisions/0019).

    Each statement is prepared once a connection. psycopg's cursors do the same in Python, which
    costs three times as much as the statement. Behind a pooler in transaction mode, where the next
    statement may meet another server process, nothing is prepared (docs/decisions/0143).
    """

    def __init__(self, connection: psycopg.Connection[Any], *, is_pooled: bool = False) -> None:
        self._pgconn = pgconn = connection.pgconn
        self._is_pooled = is_pooled
        self._exec: Any = pgconn.exec_params if is_pooled else pgconn.exec_prepared
        self._queue: Any = pgconn.send_query_params if is_pooled else pgconn.send_query_prepared
        self._transformer = Transformer(_Conversions(connection))
        self._names: dict[tuple[str, tuple[int, ...]], bytes] = {}

    @property
    def in_transaction(self) -> bool:
        """Say whether a transaction was begun, failed ones included."""
        return self._pgconn.transaction_status != TransactionStatus.IDLE

    @property
    def is_lost(self) -> bool:
        """Say whether the server went away."""
        return self._pgconn.status != ConnStatus.OK

    def run(self, sql: str, values: Values) -> tuple[Rows, int]:
        """Run a statement, and prepare it first if it is new here."""
        result = self._exec(*self._prepared(sql, values))
        transformer = self._transformer
        if result.status == ExecStatus.TUPLES_OK:
            transformer.set_pgresult(result, format=Format.BINARY)
            return transformer.load_rows(0, result.ntuples, tuple), result.ntuples
        _require(result, ExecStatus.COMMAND_OK)
        return [], result.command_tuples or 0

    def run_together(self, statements: Sequence[Ready], *, lasting: bool = True) -> None:
        """Send all of them and one Sync: to PostgreSQL a transaction, and to us one round trip."""
        if not lasting:
            statements = (WITHOUT_WAITING, *statements)
        self._send(statements)

    def run_each(self, statements: Sequence[Ready]) -> None:
        """Send all of them at once; the transaction stays open."""
        self._send(statements)

    def begin(self, first: Sequence[Ready] = ()) -> None:
        """Begin; what comes first travels along."""
        self._send(first, before=b"BEGIN")

    def commit(self, last: Sequence[Ready] = ()) -> None:
        """Commit; what comes last travels along."""
        self._send(last, after=b"COMMIT")

    def rollback(self) -> None:
        """Undo."""
        _require(self._pgconn.exec_(b"ROLLBACK"), ExecStatus.COMMAND_OK)

    def _send(
        self, statements: Sequence[Ready], *, before: bytes = b"", after: bytes = b""
    ) -> None:
        """Make one round trip of all; after a failed one the rest, COMMIT too, does not happen."""
        pgconn, prepared = self._pgconn, [self._prepared(*each) for each in statements]
        if not prepared:
            _require(pgconn.exec_(before or after), ExecStatus.COMMAND_OK)
            return
        pgconn.enter_pipeline_mode()
        if before:
            pgconn.send_query_params(before, None)
        for each in prepared:
            self._queue(*each)
        if after:
            pgconn.send_query_params(after, None)
        pgconn.pipeline_sync()
        results = list(self._until_sync())
        pgconn.exit_pipeline_mode()
        for result in results:
            if result.status not in DONE:
                raise error_from_result(result)

    def _until_sync(self) -> Iterator[Any]:
        while not self.is_lost:
            result = self._pgconn.get_result()  # None stands between two statements' results
            if result is not None and result.status == ExecStatus.PIPELINE_SYNC:
                return
            if result is not None:
                yield result
        raise psycopg.OperationalError("the connection was lost")

    def _prepared(self, sql: str, values: Values) -> tuple[Any, ...]:
        transformer = self._transformer
        dumped = transformer.dump_sequence(values, [PyFormat.AUTO] * len(values))
        types, formats = transformer.types or (), list(transformer.formats or ())
        if self._is_pooled:
            return sql.encode(), dumped, types, formats, Format.BINARY
        name = self._names.get((sql, types)) or self._prepare(sql, types)
        return name, dumped, formats, Format.BINARY

    def _prepare(self, sql: str, types: tuple[int, ...]) -> bytes:
        name = f"prebuilt_{len(self._names)}".encode()
        _require(self._pgconn.prepare(name, sql.encode(), types), ExecStatus.COMMAND_OK)
        self._names[sql, types] = name
        return name


def _require(result: Any, status: ExecStatus) -> None:  # psycopg's PGresult, in Python or in C
    if result.status != status:
        raise error_from_result(result)


class Line(NamedTuple):
    """A connection to run prebuilt statements on."""

    engine: Engine  # whose listeners hear them
    driver: Driver


def driver_of(connection: PoolProxiedConnection) -> Driver:
    """Return the driver under a pool's connection; it is kept as long as that is."""
    known = connection.info.get("driver")
    if known is None:
        raw: Any = connection.dbapi_connection  # SQLAlchemy knows only the standard
        known = PostgresDriver(raw) if isinstance(raw, psycopg.Connection) else SqliteDriver(raw)
        connection.info["driver"] = known
    return cast("Driver", known)


def line_of(connection: Connection) -> Line:
    """Return the line under SQLAlchemy's own connection."""
    return Line(connection.engine, driver_of(connection.connection))


def told(error: Exception, sql: str, dialect: Dialect) -> Exception:
    """Return the driver's error as SQLAlchemy tells it, without the values."""
    base = dialect.loaded_dbapi.Error
    return DBAPIError.instance(sql, None, error, base, hide_parameters=True, dialect=dialect)
