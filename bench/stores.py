"""Lend a database to be measured: a private PostgreSQL, or an SQLite file."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import psycopg
from sqlalchemy import Engine
from sqlalchemy.engine import make_url

import migrations
from bench import cpu
from kernel.db import open_engine
from kernel.settings import Settings
from tests import postgres

# The tests' server forgets in a power cut; what is measured must not. It has the memory that
# deploy/postgresql.md asks for.
DURABLE = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "shared_buffers": "1GB",
    "max_wal_size": "4GB",
}


@dataclass(frozen=True)
class Store:
    """A database, a folder for what goes with it, and whose time PostgreSQL's is counted from."""

    url: str
    folder: Path
    pid: int | None  # SQLite has none

    @property
    def settings(self) -> Settings:
        """Return the settings of a provider that serves this database."""
        return Settings(demo=True, issuer="http://localhost", database_url=self.url)


@contextmanager
def empty(engine_name: str) -> Iterator[Store]:
    """Lend an empty database that keeps what was committed, come what may."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="taipei-id-bench-")))
        if engine_name == "sqlite":
            yield Store(f"sqlite+pysqlite:///{folder}/bench.sqlite3", folder, None)
            return
        stack.enter_context(patch.dict(postgres.OPTIONS, DURABLE))
        server = stack.enter_context(postgres.shared_server(folder / "postgres"))
        url = stack.enter_context(postgres.fresh_database(server))
        yield Store(url, folder, _postmaster(url))


@contextmanager
def opened(engine_name: str) -> Iterator[tuple[Store, Engine]]:
    """Lend a database that has its tables, and connections to it."""
    with empty(engine_name) as store:
        migrations.upgrade(store.url)
        engine = open_engine(store.url)
        try:
            yield store, engine
        finally:
            engine.dispose()


def _postmaster(url: str) -> int:
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as connection:
        return cpu.parent_of(connection.info.backend_pid)
