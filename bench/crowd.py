"""Put a crowd into a bench's database: one in so many sealed, the others copied by PostgreSQL."""

from collections.abc import Callable

import psycopg
from sqlalchemy import Engine

from demo.crowd import filling
from kernel import clock
from kernel.keyring import Keyring

SEED, LINES = 1, 4  # of a crowd, and of each footprint in it


def one_in(engine_name: str, crowd: int, sealed: int) -> int:
    """Return how far apart those stand who are sealed, at least so many; SQLite copies nobody."""
    if engine_name == "sqlite":
        return 1
    return next(each for each in range(max(1, crowd // sealed), 0, -1) if crowd % each == 0)


def enter(
    engine: Engine, keyring: Keyring, crowd: int, *, sealed: int, tell: Callable[[int], None]
) -> range:
    """Fill an empty database with so many members; return the places of those who can sign in."""
    apart = one_in(engine.dialect.name, crowd, sealed)
    filling.fill(
        engine,
        keyring,
        members=crowd,
        seed=SEED,
        lines=LINES,
        now=clock.now(),
        advance=tell,
        one_in=apart,
    )
    return range(0, crowd, apart)


def settle(engine: Engine) -> None:
    """Do at once what autovacuum and the checkpointer do within minutes of such a load."""
    if engine.dialect.name != "postgresql":
        return
    address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
