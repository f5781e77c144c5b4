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
from tests.postgres import WAITS

pytestmark = pytest.mark.slow

IN_THE_WAY = text("LOCK TABLE authorization_grant IN ACCESS EXCLUSIVE MODE")
TAKE_LONG = """
CREATE FUNCTION take_long() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(60); RETURN NEW; END $$;
CREATE TRIGGER take_long BEFORE INSERT ON authorization_grant
FOR EACH ROW EXECUTE FUNCTION take_long()
"""
GIVEN_UP = '"sqlstate": "57014"'  # query_canceled


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
    another = Somebody(movable.provider, "slow.another")
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
            turned_away = another.asked()
        wait_for(people, 3)

    assert refused_at_once == 0
    assert turned_away.status_code == 503
    assert turned_away.headers["Retry-After"]
    settle(movable.provider, [*people, another])


def test_a_statement_that_takes_too_long_is_given_up_and_nothing_is_half_done(
    movable: Movable, beside: Engine
) -> None:
    people = [Somebody(movable.provider, f"long.{number}") for number in range(2)]
    another = Somebody(movable.provider, "long.another")
    with signing_in(people):
        wait_for(people, 3)
        with _taking_long(beside):
            before = _refused(people)
            while _refused(people) < before + 2:
                time.sleep(LOOK_SECONDS)
            turned_away = another.asked()
        wait_for(people, 3)

    assert turned_away.status_code == 503
    assert turned_away.headers["Retry-After"]
    assert GIVEN_UP in movable.provider.log.read_text()
    settle(movable.provider, [*people, another])


@contextmanager
def _in_the_way(beside: Engine) -> Iterator[None]:
    """Keep everybody from the grants."""
    with beside.begin() as connection:
        connection.execute(IN_THE_WAY)
        yield


@contextmanager
def _taking_long(beside: Engine) -> Iterator[None]:
    """Let each new grant take a minute, which is longer than any statement may."""
    with beside.begin() as connection:
        connection.execute(text(TAKE_LONG))
    try:
        yield
    finally:
        with beside.begin() as connection:
            connection.execute(text("DROP FUNCTION take_long CASCADE"))


def _held_up(beside: Engine) -> int:
    with beside.connect() as connection:
        return int(connection.scalar(WAITS) or 0)


def _refused(people: list[Somebody]) -> int:
    return sum(each.promised.unanswered for each in people)
