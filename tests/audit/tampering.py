"""Break into the ledger the way its owner could: triggers dropped, raw SQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Uuid, text

TABLES = (
    *("ledger", "ledger_seal", "ledger_checkpoint"),
    *("trail", "trail_seal", "trail_checkpoint"),
    "activation_event",
)
VERBS = ("update", "delete")


@contextmanager
def intruder(engine: Engine) -> Iterator[Connection]:
    """Lend a connection that nothing holds back; the triggers stand again afterwards."""
    with engine.begin() as connection:
        kept = drop_triggers(connection)
        yield connection
        for statement in kept:
            connection.execute(text(statement))


def drop_triggers(connection: Connection) -> list[str]:
    if connection.dialect.name == "postgresql":
        for table in TABLES:
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        return [f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in TABLES]
    kept = []
    for table in TABLES:
        for verb in VERBS:
            name = f"{table}_no_{verb}"
            found = connection.scalar(
                text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": name}
            )
            kept.append(str(found))
            connection.execute(text(f"DROP TRIGGER {name}"))
    return kept


def as_stored(connection: Connection, line_id: UUID) -> Any:  # text or UUID, by driver
    """Return an id as this engine stores it."""
    processor = Uuid().dialect_impl(connection.dialect).bind_processor(connection.dialect)
    return processor(line_id) if processor else line_id


def run(connection: Connection, statement: str, **values: object) -> None:
    """Run raw SQL; UUIDs among the values are stored as this engine does."""
    stored = {
        name: as_stored(connection, value) if isinstance(value, UUID) else value
        for name, value in values.items()
    }
    connection.execute(text(statement), stored)
