"""PostgreSQL crashes and comes back: who was answered keeps it, and the city goes on by itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres
from tests.faults.accounts import settle
from tests.faults.people import Somebody, signing_in, wait_for
from tests.live.server import Provider, serving

pytestmark = pytest.mark.slow

CRASHES = 2


@pytest.fixture
def cluster() -> Iterator[postgres.Cluster]:
    """Lend a server of its own, whose crash is nobody else's."""
    with postgres.own_cluster() as cluster:
        yield cluster


def test_what_was_committed_survives_a_crash_of_the_store(
    cluster: postgres.Cluster, tmp_path: Path
) -> None:
    with (
        postgres.fresh_database(cluster.url) as url,
        serving(url, tmp_path) as provider,
    ):
        people = [Somebody(provider, f"crashed.{number}") for number in range(3)]
        with signing_in(people):
            for _ in range(CRASHES):
                wait_for(people, 5)
                cluster.crash()
                cluster.start()
            wait_for(people, 5)  # nobody restarted the provider

        assert _failed(people)
        _ready(provider)
        settle(provider, people)


def _failed(people: list[Somebody]) -> int:
    return sum(each.promised.unanswered for each in people)


def _ready(provider: Provider) -> None:
    provider.engine.dispose()  # our own connections died with the store
