"""Open what a command works on: settings, database, keyring."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine
from sqlalchemy.orm import Session

import migrations
from kernel import settings as configuration
from kernel.db import open_engine, sessions, transaction
from kernel.keyring import Keyring
from kernel.settings import DEMO_MASTER_KEY, Settings
from web.cli.console import warn
from web.cli.refusals import Stop


@dataclass(frozen=True)
class Opened:
    """One command's surroundings: settings and a session inside one transaction."""

    settings: Settings
    session: Session

    @property
    def keyring(self) -> Keyring:
        """Return the keys of this installation."""
        return keyring_of(self.settings)


def keyring_of(settings: Settings) -> Keyring:
    """Return the keyring; in demo mode the demo's own key serves where none is set."""
    return Keyring(settings.master_key.get_secret_value() or DEMO_MASTER_KEY)


def require_current(settings: Settings) -> None:
    """Refuse to work on tables of an earlier version.

    Those of a later one still have what this one uses: it is being replaced (decisions/0144).
    """
    stands, expected = migrations.current(settings.database_url), migrations.head()
    if stands is None:
        raise Stop("the database was never prepared; run 'taipei-id db upgrade'")
    if migrations.is_newer(stands):
        warn(f"The database is at {stands}, this version knows {expected}: replace it soon.")
    elif stands != expected:
        raise Stop(
            f"the database is at {stands}, this version wants {expected}; "
            "run 'taipei-id db upgrade'"
        )


@contextmanager
def engine_of(settings: Settings) -> Iterator[Engine]:
    """Lend an engine with one connection and close it afterwards."""
    engine = open_engine(settings.database_url, pool_size=1)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def opened() -> Iterator[Opened]:
    """Open settings and database for one command; commit if it ends well, else roll back."""
    settings = configuration.load()
    require_current(settings)
    with engine_of(settings) as engine, transaction(sessions(engine)) as session:
        yield Opened(settings, session)
