"""The fixtures of this folder and of `relying_parties`; each folder's conftest imports them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import postgres
from tests.conftest import DATABASES
from tests.live.server import Provider, serving
from tests.live.visitor import Visitor


@pytest.fixture(scope="session")
def more_settings() -> Mapping[str, str]:
    """Lend what the servers of a folder are told beside the usual."""
    return {}


@pytest.fixture(scope="session", params=DATABASES)
def running_provider(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    more_settings: Mapping[str, str],
) -> Iterator[Provider]:
    """Serve on each kind of database in turn; one server for all tests of a worker and folder."""
    with lent(request, tmp_path_factory.mktemp("provider"), more_settings) as provider:
        yield provider


@contextmanager
def lent(
    request: pytest.FixtureRequest, folder: Path, more_settings: Mapping[str, str]
) -> Iterator[Provider]:
    """Serve on the kind of database a fixture was asked for."""
    if request.param == "sqlite":
        url = f"sqlite+pysqlite:///{folder / 'provider.sqlite3'}"
        with serving(url, folder, more_settings) as provider:
            yield provider
        return
    server: str = request.getfixturevalue("postgres_server")
    with (
        postgres.fresh_database(server) as url,
        serving(url, folder, more_settings) as provider,
    ):
        yield provider


@pytest.fixture
def provider(running_provider: Provider) -> Provider:
    """Lend the running provider; nobody is locked out by an earlier test."""
    running_provider.forget_attempts()
    return running_provider


@pytest.fixture
def visitor() -> Iterator[Visitor]:
    with Visitor() as someone:
        yield someone
