"""What every test may ask for: a moment, keys, and a clean database of either kind."""

import gc
import os
import shutil
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser
from sqlalchemy import Engine, event, text
from sqlalchemy.orm import Session

import migrations
from kernel.db import Sessions, open_engine
from kernel.db import sessions as sessions_of
from kernel.keyring import Keyring
from tests import make, postgres, tables
from tests.cards.farm import SOCKET_VARIABLE, Farm
from tests.cards.farm import started as farm_started
from tests.journeys.chromium import chromium

DATABASES = ("sqlite", "postgresql")
THREADS = 40  # as many connections as the most crowded test wants

# No deadline: a loaded machine is not a failing test. A fixture may serve many examples where
# the test says so by rolling back itself.
settings.register_profile(
    "house",
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
settings.load_profile("house")

# Looking for garbage after every 700 objects, among those of thousands of tests, takes a sixth of
# all their time.
gc.set_threshold(50_000, 20, 100)


def pytest_collection_finish() -> None:
    """Leave what is there for the whole run out of every search for garbage."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Lend the worker's one Chromium: Playwright allows a process no second driver."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def running_farm() -> Iterator[Farm]:
    """Lend the worker's one pcscd: libpcsclite remembers the first socket it saw."""
    with farm_started() as farm:
        os.environ[SOCKET_VARIABLE] = str(farm.socket)
        yield farm
        del os.environ[SOCKET_VARIABLE]


@pytest.fixture
def farm(running_farm: Farm) -> Iterator[Farm]:
    """Lend four empty card readers; what the test put in is pulled out."""
    yield running_farm
    running_farm.clear()


@pytest.fixture
def now() -> datetime:
    return make.NOON


@pytest.fixture
def keyring() -> Keyring:
    return make.KEYRING


@pytest.fixture(scope="session")
def sqlite_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Lend this worker's own file with empty tables; one engine compiles a statement once."""
    path = tmp_path_factory.mktemp("sqlite") / "taipei-id.sqlite3"
    tables.prepare(_sqlite_url(path))
    engine = open_engine(_sqlite_url(path))
    event.listen(engine, "connect", _fear_no_power_cut)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Lend the URL of the one PostgreSQL server that all workers share."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    with postgres.shared_server(folder / "postgres") as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """Lend the URL of a database with empty tables, to be copied."""
    with postgres.fresh_database(postgres_server) as url:
        tables.prepare(url)
        yield url


@pytest.fixture(scope="session")
def postgres_engine(postgres_server: str, postgres_template: str) -> Iterator[Engine]:
    """Lend this worker's own database, with empty tables."""
    with postgres.fresh_database(postgres_server, like=postgres_template) as url:
        engine = open_engine(url, pool_size=THREADS // 2)
        yield engine
        engine.dispose()


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Lend a database with empty tables: every test runs on both kinds."""
    if request.param == "sqlite":
        yield from _put_back_afterwards(request.getfixturevalue("sqlite_engine"))
    else:
        yield from _emptied_afterwards(request.getfixturevalue("postgres_engine"))


@pytest.fixture
def sessions(database: Engine) -> Sessions:
    return sessions_of(database)


@pytest.fixture
def session(sessions: Sessions) -> Iterator[Session]:
    """Lend one open session; what it wrote is rolled back."""
    with sessions() as session:
        yield session
        session.rollback()


def _sqlite_url(path: Path) -> str:
    return f"sqlite+pysqlite:///{path}"


def _fear_no_power_cut(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


def _put_back_afterwards(engine: Engine) -> Iterator[Engine]:
    """Begin on a fresh copy of the file; who still has the old one open keeps it to themselves."""
    path = Path(str(engine.url.database))
    template = path.with_suffix(".template")
    if not template.exists():
        engine.dispose()
        shutil.copy(path, template)
    yield engine
    engine.dispose()
    for left in path.parent.glob(f"{path.name}*"):
        left.unlink()
    shutil.copy(template, path)


def _emptied_afterwards(engine: Engine) -> Iterator[Engine]:
    commits: list[object] = []
    remember = commits.append
    event.listen(engine, "commit", remember)
    yield engine
    event.remove(engine, "commit", remember)
    if commits:  # most tests roll back, and emptying every table costs more than they do
        _empty(engine)


def _empty(engine: Engine) -> None:
    """Delete what the test left, past the guards: TRUNCATE of every table costs a hundred times."""
    names = [f'"{table.name}"' for table in migrations.metadata().tables.values()]
    filled = " UNION ALL ".join(f"(SELECT '{name}' FROM {name} LIMIT 1)" for name in names)  # noqa: S608  # our own names
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for name in connection.scalars(text(filled)).all():
            connection.execute(text(f"DELETE FROM {name}"))  # noqa: S608  # one of ours
