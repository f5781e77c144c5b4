"""A column is added, filled and indexed while people sign in: nobody is turned away."""

import pytest
from sqlalchemy import String, column, table, text

from idp.models import Token
from kernel.db import open_engine
from migrations.afterwards import Index
from migrations.batches import Batches
from tests.faults.accounts import settle
from tests.faults.moving import Movable
from tests.faults.people import Somebody, signing_in, wait_for

pytestmark = pytest.mark.slow

TOKEN = table("token", column("token_hash", Token.token_hash.type), column("hue", String()))
FILLING = Batches(
    table=TOKEN, key="token_hash", values={"hue": "blue"}, unchanged=TOKEN.c.hue.is_(None)
)
INDEX = Index(name="ix_token_hue", table="token", columns=("hue",))


def test_nobody_is_turned_away_while_a_table_changes(movable: Movable) -> None:
    people = [Somebody(movable.provider, f"changing.{number}") for number in range(2)]
    engine = open_engine(movable.server_url, pool_size=2)

    with signing_in(people):
        wait_for(people, 3)
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE token ADD COLUMN hue VARCHAR(8)"))
        filled = FILLING.run(engine, size=1)
        INDEX.run(engine)
        wait_for(people, 3)
        with engine.begin() as connection:  # what the version before never knew goes as it came
            connection.execute(text("ALTER TABLE token DROP COLUMN hue"))
        wait_for(people, 3)

    engine.dispose()
    assert filled >= 3
    assert [each.promised.unanswered for each in people] == [0, 0]
    settle(movable.provider, people)
