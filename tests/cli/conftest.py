import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text

from kernel.keyring import Keyring, new_master_key
from web.cli import main

ISSUER = "http://localhost:8600"


class Taipei(Protocol):
    """Run `taipei-id` with these words."""

    def __call__(self, *words: str, typed: str = "") -> Result: ...


@pytest.fixture
def taipei_id() -> Taipei:
    def run(*words: str, typed: str = "") -> Result:
        result = CliRunner().invoke(main, words, input=typed)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands that wait until every process knows what they did go on at once."""
    monkeypatch.setattr("web.cli.client.sleep", lambda _seconds: None)


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Stand in an empty folder with demo settings and nothing inherited."""
    for name in [name for name in os.environ if name.startswith("TAIPEI_ID_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TAIPEI_ID_DEMO", "1")
    monkeypatch.setenv("TAIPEI_ID_ISSUER", ISSUER)
    monkeypatch.setenv("TAIPEI_ID_MASTER_KEY", new_master_key())
    monkeypatch.setenv("TAIPEI_ID_DATABASE_URL", f"sqlite+pysqlite:///{tmp_path}/new.sqlite3")
    return monkeypatch


@pytest.fixture
def prepared(environment: pytest.MonkeyPatch, database: Engine) -> Iterator[Engine]:
    """Point the settings at a database with tables, on each engine."""
    url = database.url.render_as_string(hide_password=False)
    environment.setenv("TAIPEI_ID_DATABASE_URL", url)
    yield database
    with database.begin() as connection:  # the commands committed elsewhere: have it emptied
        connection.execute(text("SELECT 1"))


@pytest.fixture
def keyring(prepared: Engine) -> Keyring:
    return Keyring(os.environ["TAIPEI_ID_MASTER_KEY"])
