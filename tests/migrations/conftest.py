from collections.abc import Iterator
from pathlib import Path

import pytest

import migrations
from tests import postgres
from tests.conftest import DATABASES


@pytest.fixture(params=DATABASES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Lend the URL of a database with nothing in it: every test runs on both kinds."""
    if request.param == "sqlite":
        yield f"sqlite+pysqlite:///{tmp_path}/empty.sqlite3"
        return
    with postgres.fresh_database(request.getfixturevalue("postgres_server")) as url:
        yield url


@pytest.fixture
def prepared_url(empty_url: str) -> str:
    migrations.upgrade(empty_url)
    return empty_url
