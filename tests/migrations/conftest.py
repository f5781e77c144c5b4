from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres, tables
from tests.conftest import DATABASES


@pytest.fixture(params=DATABASES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Lend the URL of a database with nothing in it: every test runs on both kinds."""
    if request.param == "sqlite":
        yield f"sqlite+pysqlite:///{tmp_path}/empty.sqlite3"
        return
    with postgres.fresh_database(request.getfixturevalue("postgres_server")) as url:
        yield url


@pytest.fixture(params=DATABASES)
def prepared_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Lend the URL of a database with empty tables, of each kind."""
    if request.param == "sqlite":
        tables.prepare(url := f"sqlite+pysqlite:///{tmp_path}/prepared.sqlite3")
        yield url
        return
    template = request.getfixturevalue("postgres_template")
    server = request.getfixturevalue("postgres_server")
    with postgres.fresh_database(server, like=template) as url:
        yield url
