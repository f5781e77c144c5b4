import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

import migrations
from kernel.db import open_engine
from tests.cli.conftest import Taipei
from tests.conftest import DATABASES
from tests.postgres import fresh_database

ROOT = Path(migrations.__file__).parents[1]


def test_a_new_database_is_prepared_once(
    environment: pytest.MonkeyPatch, taipei_id: Taipei
) -> None:
    first = taipei_id("db", "upgrade")
    second = taipei_id("db", "upgrade")

    assert first.stdout == f"The database is prepared (empty → {migrations.head()}).\n"
    assert second.stdout == f"The database is up to date ({migrations.head()}).\n"


def test_an_unprepared_database_is_said_to_be_one(
    environment: pytest.MonkeyPatch, taipei_id: Taipei
) -> None:
    checked = taipei_id("db", "check")

    assert checked.exit_code == 1
    assert checked.stderr == (
        "Error: the database was never prepared; run 'taipei-id db upgrade'\n"
    )


def test_a_prepared_database_passes_the_check(prepared: Engine, taipei_id: Taipei) -> None:
    checked = taipei_id("db", "check")

    assert checked.exit_code == 0
    assert migrations.head() in checked.stdout


def test_a_database_of_a_later_version_is_left_as_it_is_and_served(
    environment: pytest.MonkeyPatch, taipei_id: Taipei
) -> None:
    taipei_id("db", "upgrade")
    url = os.environ["TAIPEI_ID_DATABASE_URL"]
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()

    upgraded = taipei_id("db", "upgrade")

    assert upgraded.exit_code == 0  # the unit runs it before each start, on the way back too
    assert "at 9999" in upgraded.stderr
    assert "replace it soon" in upgraded.stderr
    assert migrations.current(url) == "9999"


def test_a_version_that_is_being_replaced_works_on_the_tables_of_the_next(
    prepared: Engine, taipei_id: Taipei
) -> None:
    with prepared.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    try:
        checked = taipei_id("db", "check")
        examined = taipei_id("doctor")
    finally:
        with prepared.begin() as connection:
            found = text("UPDATE alembic_version SET version_num = :head")
            connection.execute(found, {"head": migrations.head()})

    assert checked.exit_code == 0
    assert "replace it soon" in checked.stderr
    assert "! schema: at 9999" in examined.stdout


def test_an_unreachable_database_is_one_clear_line(
    environment: pytest.MonkeyPatch, taipei_id: Taipei
) -> None:
    environment.setenv("TAIPEI_ID_DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/none")

    upgraded = taipei_id("db", "upgrade")

    assert upgraded.exit_code == 1
    assert upgraded.stderr.startswith("Error: the database does not answer (")
    assert upgraded.stderr.endswith("; look at database_url, then 'taipei-id doctor'\n")
    assert len(upgraded.stderr.splitlines()) == 1


def test_unusable_settings_are_one_clear_line(
    environment: pytest.MonkeyPatch, taipei_id: Taipei
) -> None:
    environment.delenv("TAIPEI_ID_DEMO")

    upgraded = taipei_id("db", "upgrade")

    assert upgraded.exit_code == 1
    assert upgraded.stderr == (
        "Error: the settings cannot be used: "
        "issuer: outside demo mode it must be the https address members see\n"
    )


@pytest.mark.slow
@pytest.mark.parametrize("kind", DATABASES)
def test_two_nodes_may_upgrade_at_the_same_time(
    environment: pytest.MonkeyPatch, request: pytest.FixtureRequest, kind: str
) -> None:
    if kind == "sqlite":
        upgrade_twice(os.environ["TAIPEI_ID_DATABASE_URL"])
        return
    with fresh_database(request.getfixturevalue("postgres_server")) as url:
        upgrade_twice(url)


def upgrade_twice(url: str) -> None:
    command = [sys.executable, "-c", "from web.cli import main; main()", "db", "upgrade"]
    nodes = [
        subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "TAIPEI_ID_DATABASE_URL": url},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    said = [node.communicate(timeout=60) for node in nodes]

    assert [node.returncode for node in nodes] == [0, 0], said
    assert migrations.is_current(url)
