"""What a revision may not do while the version before it still serves (docs/decisions/0144)."""

import json
import re
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from tests.migrations.statements import simple

Shape = Mapping[str, Any]  # of tables, as `shape` of test_migrations draws them

# What holds everybody up or takes away what the version before still uses, in SQL's own words.
FORBIDDEN = {
    "takes away what the version before uses": (
        r"DROP TABLE (?P<table>\w+)",
        r"TRUNCATE (?P<table>\w+)",
        r"ALTER TABLE (?P<table>\w+) DROP (?:COLUMN )?(?!CONSTRAINT|COLUMN|DEFAULT)\w+",
        r"ALTER TABLE (?P<table>\w+) RENAME",
    ),
    "wants what the version before does not write": (
        r"ALTER TABLE (?P<table>\w+) ADD (?:COLUMN )?\w+ (?!.*DEFAULT).*NOT NULL",
        r"ALTER TABLE (?P<table>\w+) ALTER (?:COLUMN )?\w+ SET NOT NULL",
        r"ALTER TABLE (?P<table>\w+) ALTER (?:COLUMN )?\w+ DROP DEFAULT",
    ),
    "holds the version before to what it does not know": (
        r"CREATE UNIQUE INDEX (?:CONCURRENTLY )?(?:\w+ )?ON (?P<table>\w+)",
        r"CREATE (?:OR REPLACE )?(?:CONSTRAINT )?TRIGGER \w+ .* ON (?P<table>\w+)",
        r"CREATE (?:OR REPLACE )?RULE \w+ .* TO (?P<table>\w+)",
    ),
    "rewrites the table": (
        r"ALTER TABLE (?P<table>\w+) ALTER (?:COLUMN )?\w+ (?:SET DATA )?TYPE",
        r"ALTER TABLE (?P<table>\w+) ADD (?:COLUMN )?.*DEFAULT .*(?:random|uuid|clock)\w*\(",
        r"ALTER TABLE (?P<table>\w+) ADD (?:COLUMN )?\w+ .*(?:SERIAL\b|GENERATED)",
        r"ALTER TABLE (?P<table>\w+) SET (?:LOGGED|UNLOGGED|TABLESPACE|ACCESS)",
        r"CLUSTER (?P<table>\w+)",
        r"VACUUM FULL (?P<table>\w+)",
    ),
    "locks the table while it looks at every row": (
        r"CREATE INDEX (?!CONCURRENTLY)(?:\w+ )?ON (?P<table>\w+)",
        r"ALTER TABLE (?P<table>\w+) ADD (?:CONSTRAINT \w+ )?(?:CHECK|FOREIGN KEY)(?!.*NOT VALID)",
        r"ALTER TABLE (?P<table>\w+) ADD (?:CONSTRAINT \w+ )?(?:UNIQUE|PRIMARY KEY|EXCLUDE)\b",
        r"(?:UPDATE|DELETE FROM) (?P<table>\w+) ",
        r"LOCK TABLE (?P<table>\w+)",
        r"REINDEX (?:TABLE|INDEX) (?!CONCURRENTLY)(?P<table>\w+)",
    ),
    "cannot be read here": (r"(?P<table>DO) ",),
}
CREATED = re.compile(r"CREATE TABLE (\w+)", re.IGNORECASE)
CASTS = re.compile(r"::[a-z]+(?: [a-z]+)*(?:\[\])?|[()]")  # and brackets
ONE_OF = re.compile(r"(\w+) = ANY ARRAY\[(.*)\]")  # of a column, without brackets and casts


def violations(
    statements: list[str], *, new: AbstractSet[str], unused: Mapping[str, str]
) -> Iterator[str]:
    """Yield what is wrong with the statements of a revision.

    Tables in `new` are of this release: nobody uses them yet. `unused` maps "table" or
    "table.column" to the release that stopped using it.
    """
    for statement in (each for several in statements for each in simple(several)):
        for why, patterns in FORBIDDEN.items():
            for pattern in patterns:
                found = re.match(pattern, statement, re.IGNORECASE)
                if found and not _is_let(found["table"], statement, new, unused):
                    yield f"{why}: {statement[:100]}"


def _is_let(table: str, statement: str, new: AbstractSet[str], unused: Mapping[str, str]) -> bool:
    dropped = re.search(r"DROP (?:COLUMN )?(\w+)(?: CASCADE)?$", statement, re.IGNORECASE)
    names = {table, f"{table}.{dropped[1]}" if dropped else table}
    return table in new | {"alembic_version"} or bool(names & unused.keys())


def created(statements: list[str], *, before: Shape) -> set[str]:
    """Return the tables that the statements make; one that was there is not made, but remade."""
    plain = [each for several in statements for each in simple(several)]
    return {found[1] for each in plain if (found := CREATED.match(each))} - before.keys()


def missed_beside(before: Shape, after: Shape) -> Iterator[str]:
    """Yield what the version before would miss, or not fill, in the tables after.

    The first word is what a revision may call unused.
    """
    for table, was in before.items():
        if table not in after:
            yield f"{table} is gone"
            continue
        now = after[table]
        yield from _missed_columns(table, was["columns"], now["columns"])
        yield from _missed_uniques(table, was, now)
        for each in set(was["foreign"]) - set(now["foreign"]):
            yield f"{table}.{json.loads(each)['name']} is gone"
        for each in set(now["foreign"]) - set(was["foreign"]):
            yield f"{table} is held to {each}"
        for check in _texts(now["checks"]) - _texts(was["checks"]):
            if not any(_widens(check, old) for old in _texts(was["checks"])):
                yield f"{table} is held to {check}"


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


def _missed_uniques(table: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    """Yield what `insert_once` rests on and is gone, and what refuses a row that was good."""
    before, after = _uniques(was), _uniques(now)
    for gone in before.keys() - after.keys():
        yield f"{table}.{before[gone]} is gone"
    empty = {
        name
        for name, (_kind, nullable, default) in now["columns"].items()
        if name not in was["columns"] and nullable and default is None
    }
    for added in after.keys() - before.keys():
        if not empty & set(added[0]):  # NULL is unlike any NULL
            yield f"{table} is held to {after[added]}"


def _uniques(table: Mapping[str, Any]) -> dict[tuple[tuple[str, ...], str], str]:
    """Return the names of what is unique, by columns and condition."""
    key = table["key"]
    found = {(tuple(key["constrained_columns"]), ""): key["name"]} if key["name"] else {}
    for each in map(json.loads, table["unique"]):
        found[tuple(each["column_names"]), ""] = each["name"]
    for each in map(json.loads, table["indexes"]):
        if each["unique"]:
            condition = each.get("dialect_options", {}).get("postgresql_where", "")
            found[tuple(each["column_names"]), condition] = each["name"]
    return found


def _texts(checks: list[str]) -> set[str]:
    return {json.loads(each)["sqltext"] for each in checks}


def _widens(check: str, old: str) -> bool:
    """Say whether a check lets in all that the old one did.

    It is `old OR …`, for nothing in a condition binds more loosely than OR; or it says that a
    column is one of some values, all of the old ones among them.
    """
    if check.startswith(f"{old} OR "):
        return True
    bare = [CASTS.sub("", each) for each in (check, old)]
    new_one, old_one = (ONE_OF.fullmatch(each) for each in bare)
    if not new_one or not old_one or new_one[1] != old_one[1]:
        return False
    return set(old_one[2].split(", ")) <= set(new_one[2].split(", "))
