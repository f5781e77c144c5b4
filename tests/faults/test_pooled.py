"""Workers share few connections through PgBouncer in transaction mode, which restarts meanwhile."""

import pytest
from sqlalchemy import text

from kernel.db import open_engine
from tests.faults.accounts import settle
from tests.faults.moving import Movable
from tests.faults.people import Somebody, signing_in, wait_for
from tests.pooler import Pooler

pytestmark = pytest.mark.slow


def test_behind_a_pooler_nothing_is_lost_though_it_restarts(movable: Movable) -> None:
    provider = movable.provider
    people = [Somebody(provider, f"pooled.{number}") for number in range(2)]

    with signing_in(people):
        wait_for(people, 5)
        movable.pooler.restart()
        wait_for(people, 5)

    provider.engine.dispose()  # our own connections died with the pooler
    assert _sessions_share(movable.pooler)
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
