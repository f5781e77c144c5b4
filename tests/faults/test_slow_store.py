"""The database answers late: requests wait, then are told to come again; nothing is half done."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, text

from kernel.db import open_engine
from tests.faults.accounts import settle
from tests.faults.moving import Movable
from tests.faults.people import LOOK_SECONDS, Somebody, signing_in, wait_for

pytestmark = pytest.mark.slow

IN_THE_WAY = text("LOCK TABLE authorization_grant IN ACCESS EXCLUSIVE MODE")
HELD_UP = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


@pytest.fixture
def beside(movable: Movable) -> Iterator[Engine]:
    """Lend the server itself, without the pooler."""
    engine = open_engine(movable.server_url, pool_size=2)
    yield engine
    engine.dispose()


def test_requests_wait_for_a_slow_store_and_are_then_told_to_come_again(
    movable: Movable, beside: Engine
) -> None:
    people = [Somebody(movable.provider, f"slow.{number}") for number in range(2)]
    with signing_in(people):
        wait_for(people, 3)
        with _in_the_way(beside):
            while not _held_up(beside):
                time.sleep(LOOK_SECONDS)
        wait_for(people, 3)
        refused_at_once = _refused(people)
        with _in_the_way(beside):
            while _refused(people) < 2:
                time.sleep(LOOK_SECONDS)
            turned_away = people[0].asked()
        wait_for(people, 3)

    assert refused_at_once == 0
    assert turned_away.status_code == 503
    assert turned_away.headers["Retry-After"]
    settle(movable.provider, people)


@contextmanager
def _in_the_way(beside: Engine) -> Iterator[None]:
    """Keep everybody from the grants."""
    with beside.begin() as connection:
        connection.execute(IN_THE_WAY)
        yield


def _held_up(beside: Engine) -> int:
    with beside.connect() as connection:
        return int(connection.scalar(HELD_UP) or 0)


def _refused(people: list[Somebody]) -> int:
    return sum(each.promised.unanswered for each in people)
