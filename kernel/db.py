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
    Index,
    LargeBinary,
    MetaData,
    Result,
    String,
    TypeDecorator,
    Uuid,
    create_engine,
    event,
    insert,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, CursorResult, make_url
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, sessionmaker

from kernel import metrics
from kernel.driver import PostgresDriver, driver_of
from kernel.ids import new_id
from kernel.prebuilt import Prebuilt
from kernel.work import LONGEST_OUT, WorkSession

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


POOLED, BY_TRANSACTION = "pooled", "transaction"  # of the URL's query; ours, not the driver's


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

    Statements are the same on both. Neither driver begins a transaction by itself; on SQLite one
    takes the write lock when it begins, so that what was read stays true until it is written.
    With `pooled=transaction` in the URL nothing outlives a transaction on its connection.
    """
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        engine = create_engine(address, connect_args={"timeout": 15}, hide_parameters=True)
        event.listen(engine, "connect", _prepare_sqlite)
    else:
        engine = create_engine(
            address.difference_update_query([POOLED]),
            # psycopg would forget with DEALLOCATE ALL what `kernel.driver` has prepared.
            connect_args={"autocommit": True, "prepare_threshold": None},
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_recycle=LONGEST_OUT,
            hide_parameters=True,
        )
        if is_pooled(address):
            event.listen(engine, "connect", _prepare_nothing)
    event.listen(engine, "begin", _begin)
    in_use = metrics.POOL.labels("in_use")  # whoever counts with others has said so (`share`)
    event.listen(engine, "checkout", lambda *_: in_use.inc())
    event.listen(engine, "checkin", lambda *_: in_use.dec())
    return engine


def is_pooled(address: URL) -> bool:
    """Say whether a pooler in transaction mode stands before the server."""
    return address.query.get(POOLED) == BY_TRANSACTION


def _prepare_nothing(connection: Any, record: Any) -> None:  # psycopg's, and the pool's entry
    record.info["driver"] = PostgresDriver(connection, is_pooled=True)


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


def _begin(connection: Connection) -> None:
    driver = driver_of(connection.connection)
    if not driver.in_transaction:  # a work session may have begun already
        driver.begin()


Sessions: TypeAlias = sessionmaker[Session]


def sessions(engine: Engine) -> Sessions:
    """Return the factory of database sessions; what was loaded stays loaded after a commit."""
    return sessionmaker(engine, expire_on_commit=False)


def insert_once(session: Session, table: type[Base], values: dict[str, Any]) -> bool:
    """Insert a row unless one with the same unique key exists; return whether it was inserted.

    The database settles the race between two workers.
    """
    session.flush()  # the connection sees what the ORM has written, not what it still holds
    return _inserting_once(table, _dialect(session), tuple(values)).run(session, values) == 1


def note_once(session: Session, table: type[Base], values: dict[str, Any]) -> None:
    """Insert such a row with the other writes of its request: nobody waits to hear whether."""
    _inserting_once(table, _dialect(session), tuple(values)).write(session, values)


def spend(session: Session, table: type[Base], values: dict[str, Any]) -> bool:
    """Insert the row of something that is good once; return whether it had not been used.

    Where a request that fails is done again it is believed until the commit: there the database
    refuses a second row, everything is undone, and the repetition learns it here.
    """
    if not (isinstance(session, WorkSession) and session.is_repeated):
        return insert_once(session, table, values)
    _inserting(table, tuple(values)).write(session, values, is_seen=False)
    return True


def _dialect(session: Session) -> str:
    bind = session.bind or session.get_bind()  # the engine: a connection of the ORM's costs more
    return bind.dialect.name


@cache
def _inserting(table: type[Base], columns: tuple[str, ...]) -> Prebuilt:
    return Prebuilt(insert(table), given=columns)


@cache
def _inserting_once(table: type[Base], dialect: str, columns: tuple[str, ...]) -> Prebuilt:
    once = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return Prebuilt(once(table).on_conflict_do_nothing(), given=columns)


def changed(result: Result[Any]) -> int:
    """Return how many rows a statement changed."""
    return result.rowcount if isinstance(result, CursorResult) else 0


@contextmanager
def transaction(make: Sessions) -> Iterator[Session]:
    """Open one short transaction of its own: committed on success, rolled back on any exception."""
    with make() as session, session.begin():
        yield session
