"""PostgreSQL restarts, crashes and is gone for good: who was answered keeps it.

The city goes on by itself: with the same server, then with the standby that takes over.
"""

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
def primary() -> Iterator[postgres.Cluster]:
    """Lend a server of its own, whose crash is nobody else's."""
    with postgres.own_cluster() as cluster:
        yield cluster


@pytest.fixture
def standby(primary: postgres.Cluster) -> Iterator[postgres.Cluster]:
    """Lend a standby that has what anybody was told."""
    with postgres.standby_of(primary) as standby:
        yield standby


def test_what_was_committed_survives_restarts_and_crashes_of_the_store_and_its_loss(
    primary: postgres.Cluster, standby: postgres.Cluster, tmp_path: Path
) -> None:
    url = postgres.of_both(primary.url, standby.url)
    with serving(url, tmp_path) as provider:
        people = [Somebody(provider, f"crashed.{number}") for number in range(3)]
        with signing_in(people):
            wait_for(people, 5)
            primary.restart()
            for _ in range(CRASHES):
                wait_for(people, 5)
                primary.crash()
                primary.start()
            wait_for(people, 5)  # nobody restarted the provider
            primary.crash()
            standby.promote()
            wait_for(people, 5)  # nor told it where to look

        assert _failed(people)
        _ready(provider)
        settle(provider, people)


def _failed(people: list[Somebody]) -> int:
    return sum(each.promised.unanswered for each in people)


def _ready(provider: Provider) -> None:
    provider.engine.dispose()  # our own connections died with the store
