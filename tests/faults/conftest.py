import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres
from tests.faults.moving import Movable, StrangeClock
from tests.flows.provider import application, city, key_rows, opened_keys
from tests.live.lending import more_settings, provider, running_provider, visitor
from tests.live.server import serving
from tests.pooler import pooling

__all__ = [
    "application",
    "city",
    "key_rows",
    "more_settings",
    "opened_keys",
    "provider",
    "running_provider",
    "visitor",
]
FEW = 2  # as many as requests; the tests themselves, and whoever comes beside, wait for one


@pytest.fixture(scope="session")
def movable(postgres_server: str) -> Iterator[Movable]:
    """Lend a provider behind a pooler with few connections, on a clock of its own."""
    folder = Path(tempfile.mkdtemp(prefix="taipei-id-pooler-"))  # another user has to reach it
    clock = StrangeClock(folder / "clock")
    with (
        postgres.fresh_database(postgres_server) as url,
        pooling(url, folder, pool_size=FEW) as pooler,
        serving(pooler.url, folder, program=clock.program()) as provider,
    ):
        yield Movable(provider, url, pooler, clock)
    shutil.rmtree(folder)
