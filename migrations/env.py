"""Run revisions for Alembic: one transaction, one runner at a time, all or nothing."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, Engine

from kernel import settings
from kernel.db import Moment, open_engine
from migrations import metadata

LOCK_MS = 500  # a page may take as long; autovacuum, say, may hold a table for minutes
ONE_RUNNER = 7_209_411_846  # any number, as long as no other advisory lock uses it


def render_item(kind: str, item: object, _autogen: AutogenContext) -> str | Literal[False]:
    """Write our column type as SQLAlchemy's own, so that old revisions need none of our code."""
    if kind == "type" and isinstance(item, Moment):
        return "sa.DateTime(timezone=True)"
    return False


def _relax_foreign_keys(engine: Engine, connection: Connection) -> None:
    """Let SQLite rebuild a table others refer to; it ignores this inside a transaction."""
    if engine.dialect.name == "sqlite":
        cursor = connection.connection.cursor()
        cursor.execute("PRAGMA foreign_keys=OFF")
        cursor.close()


def _wait_for_others(connection: Connection) -> None:
    """Let only one node migrate, however long; on SQLite the transaction itself is the lock.

    How long a page may wait may stand in the URL, and is no measure for a revision.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ONE_RUNNER})")


def _keep_nobody_waiting(connection: Connection) -> None:
    """Give up on a lock soon: whoever comes after us would stand in line behind us."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {LOCK_MS}")


def _require_foreign_keys(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise RuntimeError(f"the revision leaves rows of {broken[0]} dangling")


def run(url: str) -> None:
    """Run the revisions Alembic asks for, all of them or none."""
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            _relax_foreign_keys(engine, connection)
            with connection.begin():
                _wait_for_others(connection)
                _keep_nobody_waiting(connection)
                context.configure(
                    connection=connection,
                    target_metadata=metadata(),
                    render_as_batch=True,
                    render_item=render_item,
                    compare_server_default=True,
                    transactional_ddl=True,
                )
                context.run_migrations()
                _require_foreign_keys(connection)
    finally:
        engine.dispose()


if context.is_offline_mode():
    raise SystemExit("Revisions run against a database; there is no script-only mode.")
run(context.config.attributes.get("url") or settings.load().database_url)
