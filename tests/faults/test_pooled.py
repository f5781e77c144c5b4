"""Workers share few connections through PgBouncer in transaction mode, which restarts meanwhile."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from kernel.db import open_engine
from tests import postgres
from tests.faults.accounts import settle
from tests.faults.people import Somebody, signing_in, wait_for
from tests.live.server import serving
from tests.pooler import Pooler, pooling

pytestmark = pytest.mark.slow

FEWER_THAN_WORKERS = 1


@pytest.fixture
def pooler(postgres_server: str) -> Iterator[Pooler]:
    """Lend a pooler with one connection for everybody."""
    folder = Path(tempfile.mkdtemp(prefix="taipei-id-pooler-"))  # another user has to reach it
    with (
        postgres.fresh_database(postgres_server) as url,
        pooling(url, folder, pool_size=FEWER_THAN_WORKERS) as pooler,
    ):
        yield pooler
    shutil.rmtree(folder)


def test_behind_a_pooler_nothing_is_lost_though_it_restarts(pooler: Pooler, tmp_path: Path) -> None:
    with serving(pooler.url, tmp_path) as provider:
        people = [Somebody(provider, f"pooled.{number}") for number in range(2)]
        with signing_in(people):
            wait_for(people, 5)
            pooler.restart()
            wait_for(people, 5)
        provider.engine.dispose()  # our own connections died with the pooler

        assert _sessions_share(pooler)
        settle(provider, people)


def _sessions_share(pooler: Pooler) -> bool:
    """Say whether two connections meet one process of the server: else nothing is proven."""
    engine, ask = open_engine(pooler.url), text("SELECT pg_backend_pid()")
    try:
        with engine.connect() as one, engine.connect() as other:
            first = one.scalar(ask)
            one.commit()
            return bool(first == other.scalar(ask))
    finally:
        engine.dispose()
