"""What a revision may not do while the version before it still serves (docs/decisions/0144)."""

import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

Shape = Mapping[str, Any]  # of tables, as `shape` of test_migrations draws them

# What holds everybody up or takes away what the version before still uses, in SQL's own words.
FORBIDDEN = {
    "takes away what the version before uses": (
        r"DROP TABLE (?P<table>\w+)",
        r"ALTER TABLE (?P<table>\w+) DROP (?:COLUMN )?(?!CONSTRAINT|DEFAULT)\w+",
        r"ALTER TABLE (?P<table>\w+) RENAME",
    ),
    "wants what the version before does not write": (
        r"ALTER TABLE (?P<table>\w+) ADD (?:COLUMN )?\w+ (?!.*DEFAULT).*NOT NULL",
        r"ALTER TABLE (?P<table>\w+) ALTER (?:COLUMN )?\w+ SET NOT NULL",
        r"ALTER TABLE (?P<table>\w+) ALTER (?:COLUMN )?\w+ DROP DEFAULT",
    ),
    "rewrites the table": (
        r"ALTER TABLE (?P<table>\w+) ALTER (?:COLUMN )?\w+ (?:SET DATA )?TYPE",
        r"ALTER TABLE (?P<table>\w+) ADD (?:COLUMN )?.*DEFAULT .*(?:random|uuid|clock)\w*\(",
        r"CLUSTER (?P<table>\w+)",
        r"VACUUM FULL (?P<table>\w+)",
    ),
    "locks the table while it looks at every row": (
        r"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY)\w+ ON (?P<table>\w+)",
        r"ALTER TABLE (?P<table>\w+) ADD (?:CONSTRAINT \w+ )?(?:CHECK|FOREIGN KEY)(?!.*NOT VALID)",
        r"ALTER TABLE (?P<table>\w+) ADD (?:CONSTRAINT \w+ )?(?:UNIQUE|PRIMARY KEY) \(",
        r"(?:UPDATE|DELETE FROM) (?P<table>\w+) ",
        r"LOCK TABLE (?P<table>\w+)",
    ),
}
CREATED = re.compile(r"CREATE TABLE (\w+)")
MAKES = re.compile(r"CREATE TABLE|CREATE (UNIQUE )?INDEX", re.IGNORECASE)


def violations(
    statements: list[str], *, new: AbstractSet[str], unused: Mapping[str, str]
) -> Iterator[str]:
    """Yield what is wrong with the statements of a revision.

    Tables in `new` are of this release: nobody uses them yet. `unused` maps "table" or
    "table.column" to the release that stopped using it.
    """
    for statement in (_plain(each) for each in statements):
        for why, patterns in FORBIDDEN.items():
            for pattern in patterns:
                found = re.match(pattern, statement, re.IGNORECASE)
                if found and not _is_let(found["table"], statement, new, unused):
                    yield f"{why}: {statement[:100]}"


def _plain(statement: str) -> str:
    return re.sub(r"\s+", " ", statement.replace('"', "")).strip()


def _is_let(table: str, statement: str, new: AbstractSet[str], unused: Mapping[str, str]) -> bool:
    dropped = re.search(r"DROP (?:COLUMN )?(\w+)$", statement, re.IGNORECASE)
    names = {table, f"{table}.{dropped[1]}" if dropped else table}
    return table in new | {"alembic_version"} or bool(names & unused.keys())


def created(statements: list[str]) -> set[str]:
    """Return the tables that the statements make."""
    return {found[1] for each in statements if (found := CREATED.match(_plain(each)))}


def missed_beside(before: Shape, after: Shape) -> Iterator[str]:
    """Yield what the version before would miss, or not fill, in the tables after."""
    for table, was in before.items():
        if table not in after:
            yield f"{table} is gone"
            continue
        yield from _missed_columns(table, was["columns"], after[table]["columns"])
        for what in ("unique", "checks", "foreign"):
            for each in set(after[table][what]) - set(was[what]):
                yield f"{table} is held to {each}"


def _missed_columns(table: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for name in was.keys() - now.keys():
        yield f"{table}.{name} is gone"
    for name, (_kind, nullable, default) in now.items():
        if nullable:
            continue
        if name in was and was[name][1]:
            yield f"{table}.{name} is wanted now"
        if name not in was and default is None:
            yield f"{table}.{name} is new and wanted"
