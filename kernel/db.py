"""Hold the tables: the declarative base, the house's column types, engines and sessions."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import Enum as PythonEnum
from functools import cache
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    Engine,
    Enum,
    Executable,
    Index,
    LargeBinary,
    MetaData,
    Result,
    String,
    TypeDecorator,
    Uuid,
    create_engine,
    event,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, CursorResult, make_url
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, sessionmaker

from kernel.ids import new_id

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(TypeDecorator[datetime]):
    """An aware moment, stored in UTC on every engine; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Turn the moment to UTC. Raises ValueError for a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment must know its time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give SQLite's naive values their zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Json: TypeAlias = dict[str, Any]  # parsed JSON: the reader of a column knows its shape
Key = Annotated[UUID, mapped_column(Uuid, primary_key=True, default=new_id)]


class Base(DeclarativeBase):
    """Every table of the house: fixed constraint names, enums checked by value, UTC moments."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {  # noqa: RUF012  # SQLAlchemy reads this plain dict
        datetime: Moment(),
        UUID: Uuid(),
        bytes: LargeBinary(),
        PythonEnum: Enum(
            PythonEnum,
            native_enum=False,
            create_constraint=True,
            length=32,
            values_callable=lambda kinds: [kind.value for kind in kinds],
        ),
        dict[str, Any]: JSON(),
        list[str]: JSON(),
        str: String(),
    }


def unique_while(condition: str, *columns: str) -> Index:
    """Return a unique index over the rows that fulfil `condition`, a promise the database keeps."""
    return Index(
        None,
        *columns,
        unique=True,
        postgresql_where=text(condition),
        sqlite_where=text(condition),
    )


def open_engine(url: str, *, pool_size: int = 5) -> Engine:
    """Return an engine for SQLite (WAL, foreign keys on) or PostgreSQL.

    Statements are the same on both; on SQLite a transaction takes the write lock when it
    begins, so that what was read stays true until it is written.
    """
    if make_url(url).get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"timeout": 15}, hide_parameters=True)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    return create_engine(
        url, pool_size=pool_size, max_overflow=pool_size, pool_recycle=1800, hide_parameters=True
    )


def _prepare_sqlite(connection: Any, _record: object) -> None:  # the driver's own connection class
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "busy_timeout=15000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


Sessions: TypeAlias = sessionmaker[Session]


def sessions(engine: Engine) -> Sessions:
    """Return the factory of database sessions; what was loaded stays loaded after a commit."""
    return sessionmaker(engine, expire_on_commit=False)


class WorkSession(Session):
    """A session whose connection stands beside the ORM: hot statements pay nothing for it.

    `connection()` opens the connection once and hands it out again; what goes through the ORM joins
    the transaction it is in. So a request that never touches an entity never starts the ORM's own
    bookkeeping, which costs more than its statements (docs/performance.md).
    """

    _opened: Connection | None = None

    def connection(
        self,
        bind_arguments: Any = None,  # noqa: ARG002  # SQLAlchemy's signature
        execution_options: Any = None,  # noqa: ARG002
    ) -> Connection:
        """Return the one connection of this session, which begins a transaction when used."""
        if self._opened is None:
            if not isinstance(self.bind, Engine):
                raise TypeError("a work session works on an engine")
            self._opened = self.bind.connect()
        return self._opened

    def get_bind(self, *_mapper: Any, **_options: Any) -> Connection:
        """Let the ORM work on the same connection."""
        return self.connection()

    def commit(self) -> None:
        """Flush what the ORM holds, then commit."""
        if self.in_transaction():
            super().commit()
        if self._opened is not None:
            self._opened.commit()

    def rollback(self) -> None:
        """Undo everything since the last commit."""
        if self.in_transaction():
            super().rollback()
        if self._opened is not None:
            self._opened.rollback()

    def close(self) -> None:
        """Give the connection back; what was not committed is undone."""
        if self.in_transaction() or self.identity_map:
            super().close()
        if self._opened is not None:
            self._opened.close()
            self._opened = None


def work_session(make: Sessions) -> WorkSession:
    """Return a session for one request, on the engine of `make`."""
    return WorkSession(make.kw["bind"], expire_on_commit=False)


def insert_once(session: Session, table: type[Base], values: dict[str, Any]) -> bool:
    """Insert a row unless one with the same unique key exists; return whether it was inserted.

    The database settles the race between two workers.
    """
    session.flush()  # the connection sees what the ORM has written, not what it still holds
    connection = session.connection()
    statement = _inserting_once(table, connection.dialect.name)
    # Left to itself SQLAlchemy does not ask PostgreSQL how many rows an INSERT inserted.
    result = connection.execute(statement, values, execution_options={"preserve_rowcount": True})
    return changed(result) == 1


@cache
def _inserting_once(table: type[Base], dialect: str) -> Executable:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing()


def changed(result: Result[Any]) -> int:
    """Return how many rows a statement changed."""
    return result.rowcount if isinstance(result, CursorResult) else 0


@contextmanager
def transaction(make: Sessions) -> Iterator[Session]:
    """Open one short transaction of its own: committed on success, rolled back on any exception."""
    with make() as session, session.begin():
        yield session
