import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Inspector, inspect, text
from sqlalchemy.exc import DBAPIError

import migrations
from kernel.db import open_engine

ROOT = Path(migrations.__file__).parents[1]
ROOMS = (
    *("adapters", "audit", "carriers", "clients", "consent", "counters"),
    *("idp", "kernel", "members", "services", "web"),
)


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    engine = open_engine(url)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def tables(url: str) -> set[str]:
    with connected(url) as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


def shape(url: str) -> dict[str, Any]:
    with connected(url) as connection:
        inspector = inspect(connection)
        return {
            name: shape_of(inspector, name)
            for name in inspector.get_table_names()
            if name != "alembic_version"
        }


def shape_of(inspector: Inspector, table: str) -> dict[str, Any]:
    return {
        "columns": {
            column["name"]: (str(column["type"]), column["nullable"], column["default"])
            for column in inspector.get_columns(table)
        },
        "key": inspector.get_pk_constraint(table),
        "foreign": comparable(inspector.get_foreign_keys(table)),
        "unique": comparable(inspector.get_unique_constraints(table)),
        "checks": comparable(inspector.get_check_constraints(table)),
        "indexes": comparable(inspector.get_indexes(table)),
    }


def comparable(found: Sequence[Any]) -> list[str]:
    return sorted(json.dumps(each, sort_keys=True, default=str) for each in found)


def test_up_down_and_up_again_end_where_they_should(empty_url: str) -> None:
    migrations.upgrade(empty_url)
    first = shape(empty_url)
    migrations.downgrade(empty_url)
    between = tables(empty_url)
    migrations.upgrade(empty_url)

    assert between == set()
    assert shape(empty_url) == first
    assert first


def test_a_database_knows_where_it_stands(empty_url: str) -> None:
    before = migrations.current(empty_url)
    was_current = migrations.is_current(empty_url)
    migrations.upgrade(empty_url)

    assert before is None
    assert not was_current
    assert migrations.current(empty_url) == migrations.head()
    assert migrations.is_current(empty_url)


def test_the_names_of_files_tell_what_alembic_reads_in_them() -> None:
    scripts = ScriptDirectory(str(ROOT / "migrations"))
    newest_first = [each.revision for each in scripts.walk_revisions()]

    assert migrations.known() == newest_first[::-1]
    assert migrations.head() == scripts.get_current_head()


def test_upgrading_twice_is_as_good_as_once(prepared_url: str) -> None:
    first = shape(prepared_url)

    migrations.upgrade(prepared_url)

    assert shape(prepared_url) == first


def test_models_and_tables_agree_for_alembic(prepared_url: str) -> None:
    with connected(prepared_url) as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})

        assert compare_metadata(context, migrations.metadata()) == []


def test_models_and_tables_agree_in_checks_foreign_keys_and_conditions_too(
    prepared_url: str,
) -> None:
    migrated = shape(prepared_url)
    migrations.downgrade(prepared_url)
    with connected(prepared_url) as connection:
        migrations.metadata().create_all(connection)

    assert shape(prepared_url) == migrated


def test_a_revision_that_fails_leaves_nothing_behind(empty_url: str) -> None:
    with connected(empty_url) as connection:
        connection.execute(text("CREATE TABLE trail (id integer)"))

    with pytest.raises(DBAPIError, match="trail"):
        migrations.upgrade(empty_url)

    assert tables(empty_url) == {"trail"}
    assert migrations.current(empty_url) is None


def test_every_module_with_tables_is_known_to_the_migrations() -> None:
    modules = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if re.search(r"^class \w+\(Base\):", path.read_text("utf-8"), re.MULTILINE)
    }

    assert modules == set(migrations.ROOMS_WITH_TABLES)


def test_old_revisions_need_none_of_our_column_types() -> None:
    revisions = "".join(path.read_text() for path in (ROOT / "migrations/versions").glob("*.py"))

    assert "kernel" not in revisions
    assert "models" not in revisions
