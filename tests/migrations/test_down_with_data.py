"""What an earlier version knew is untouched by the way down to it and up again (0144)."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from sqlalchemy import MetaData, select

import migrations
from adapters.password.breach import open_breach_lists
from demo.addresses import FIXED
from demo.seed import seed
from kernel.db import open_engine, sessions, transaction
from tests.make import HASHER, KEYRING, NOON
from tests.migrations.test_without_stopping import RELEASED

pytestmark = pytest.mark.slow

Rows = Sequence[Mapping[str, Any]]  # as the driver gives them
BELOW = [each for each in migrations.known() if each >= RELEASED][-2::-1]  # the newest first


def test_data_survive_every_step_down_and_the_way_up(prepared_url: str) -> None:
    settle_the_city(prepared_url)
    filled = contents(prepared_url)

    for revision in BELOW:
        migrations.downgrade(prepared_url, revision)
        assert migrations.current(prepared_url) == revision
        there = contents(prepared_url)
        assert there == known_to(there, filled)
    below = contents(prepared_url)
    migrations.upgrade(prepared_url)
    again = contents(prepared_url)

    assert BELOW[-1] == RELEASED
    assert len([table for table, rows in below.items() if rows]) > 30  # else nothing was tried
    assert known_to(below, again) == below
    assert again.keys() == filled.keys()


def settle_the_city(url: str) -> None:
    engine = open_engine(url)
    with transaction(sessions(engine)) as session:
        seed(session, KEYRING, HASHER, open_breach_lists(None), FIXED, now=NOON)
    engine.dispose()


def contents(url: str) -> dict[str, Rows]:
    """Return every row of every table, in the order of all its values."""
    engine, found = open_engine(url), MetaData()
    rows: dict[str, Rows] = {}
    with engine.connect() as connection:
        found.reflect(connection)
        for table in found.sorted_tables:
            every = [dict(row) for row in connection.execute(select(table)).mappings()]
            rows[table.name] = sorted(every, key=repr)
    engine.dispose()
    del rows["alembic_version"]
    return rows


def known_to(earlier: Mapping[str, Rows], later: Mapping[str, Rows]) -> dict[str, Rows]:
    """Return what is in the tables and columns that the earlier version knows."""
    known: dict[str, Rows] = {}
    for name, rows in earlier.items():
        columns = rows[0].keys() if rows else ()
        kept = [{column: row[column] for column in columns} for row in later[name]]
        known[name] = sorted(kept, key=repr)
    return known
