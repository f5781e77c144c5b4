"""Measure how long sign-ins wait while a table of many rows is given a column, filled and indexed.

`python -m bench --migration 10000000`. PostgreSQL only, with a server of real workers; the tokens
are made by PostgreSQL itself, of grants that never were.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread

from sqlalchemy import Engine, String, column, table, text

from bench import stores
from idp.models import Token
from kernel.db import open_engine
from migrations.afterwards import Index
from migrations.batches import Batches
from tests.faults.people import Somebody
from tests.live.server import serving

TOKEN = table("token", column("token_hash", Token.token_hash.type), column("hue", String()))
FILLING = Batches(
    table=TOKEN, key="token_hash", values={"hue": "blue"}, unchanged=TOKEN.c.hue.is_(None)
)
INDEX = Index(name="ix_token_hue", table="token", columns=("hue",))
AT_ONCE = 500_000  # rows that PostgreSQL makes in one statement
MADE = text("""
    INSERT INTO token (token_hash, grant_id, kind, scope, issued_at, expires_at)
    SELECT sha256((:start + n)::text::bytea), gen_random_uuid(), 'access', 'openid profile',
           now(), now() + interval '15 minutes'
    FROM generate_series(1, :rows) AS n
""")


@dataclass
class Waits:
    """What whoever signed in meanwhile had to wait, in seconds, and how often they were refused."""

    seconds: list[float] = field(default_factory=list)
    refused: int = 0


@dataclass(frozen=True)
class Step:
    """One part of the change: how long it took, and what sign-ins waited during it."""

    name: str
    seconds: float
    waits: Waits


def measure(rows: int, tell: Callable[[str], None]) -> list[Step]:
    """Change a table of so many rows under sign-ins."""
    with (
        stores.empty("postgresql") as store,
        serving(store.url, store.folder) as provider,
    ):
        engine = open_engine(store.url, pool_size=2)
        _make(engine, rows, tell)
        somebody = Somebody(provider, "bench", steadfast=True)
        found = [_timed(somebody, *step, tell=tell) for step in _steps(engine)]
        engine.dispose()
        return found


def _make(engine: Engine, rows: int, tell: Callable[[str], None]) -> None:
    for start in range(0, rows, AT_ONCE):
        tell(f"making tokens: {start:,} of {rows:,}")
        with engine.begin() as connection:
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            connection.execute(MADE, {"start": start, "rows": min(AT_ONCE, rows - start)})


def _steps(engine: Engine) -> Iterator[tuple[str, Callable[[], object]]]:
    yield "nothing", lambda: time.sleep(5)
    yield "add the column", lambda: _add(engine)
    yield "fill it in batches", lambda: FILLING.run(engine)
    yield "index it beside", lambda: INDEX.run(engine)


def _add(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE token ADD COLUMN hue VARCHAR(8)"))


def _timed(
    somebody: Somebody, name: str, do: Callable[[], object], *, tell: Callable[[str], None]
) -> Step:
    tell(name)
    with _signing_in(somebody) as waits:
        began = time.perf_counter()
        do()
        seconds = time.perf_counter() - began
    return Step(name, seconds, waits)


@contextmanager
def _signing_in(somebody: Somebody) -> Iterator[Waits]:
    """Let somebody sign in again and again; the last one ends after the block."""
    waits, stop = Waits(), Event()

    def keep_on() -> None:
        while True:
            before, began = somebody.promised.unanswered, time.perf_counter()
            somebody.sign_in()
            waits.seconds.append(time.perf_counter() - began)
            waits.refused += somebody.promised.unanswered - before
            if stop.is_set():
                return

    thread = Thread(target=keep_on)
    thread.start()
    try:
        yield waits
    finally:
        stop.set()
        thread.join()
