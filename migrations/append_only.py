"""Let the database itself refuse to change what happened: triggers on the ledgers.

PostgreSQL's TRUNCATE stays possible for whoever owns the table; the service's role should not.
"""

from collections.abc import Iterator

from alembic import op

FUNCTION = "refuse_change"
VERBS = ("update", "delete")


def protect(*tables: str) -> None:
    """Refuse UPDATE and DELETE on `tables` from now on."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    if not sqlite:
        op.execute(_POSTGRESQL_FUNCTION)
    for table, verb in _each(tables):
        op.execute(_sqlite_trigger(table, verb) if sqlite else _postgresql_trigger(table, verb))


def release(*tables: str) -> None:
    """Allow changes again, just before `tables` are rebuilt or dropped."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table, verb in _each(tables):
        op.execute(f"DROP TRIGGER {table}_no_{verb}" + ("" if sqlite else f" ON {table}"))


def forget() -> None:
    """Remove what the triggers share, after the last one is gone."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"DROP FUNCTION {FUNCTION}()")


def _each(tables: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    return ((table, verb) for table in tables for verb in VERBS)


def _sqlite_trigger(table: str, verb: str) -> str:
    return (
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )


_POSTGRESQL_FUNCTION = f"""
CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def _postgresql_trigger(table: str, verb: str) -> str:
    return (
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb.upper()} ON {table} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION {FUNCTION}()"
    )
