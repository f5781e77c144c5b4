"""What `taipei-id doctor` asks about the standby that pages are read from."""

from contextlib import closing

from sqlalchemy.exc import SQLAlchemyError

from kernel import clock
from kernel.db import sessions, transaction
from kernel.replica import Replica
from kernel.settings import Settings
from web.cli.checks import Skipped, Warned
from web.cli.opening import engine_of

LATE = 10.0  # seconds


def replica(settings: Settings) -> str:
    """See that the standby is a copy of this database, and how far behind it is."""
    if not settings.replica_url:
        raise Skipped("no replica_url; every page is read from the database itself")
    with closing(Replica(settings.replica_url)) as standby:
        return _asked(standby, settings)


def _asked(standby: Replica, settings: Settings) -> str:
    try:
        behind = standby.lag()
    except SQLAlchemyError:
        raise Warned("away; pages are read from the database itself meanwhile") from None
    if behind > LATE:
        raise Warned(f"{behind:.0f} seconds behind; pages are read from the database meanwhile")
    if not _is_lent(standby, settings):
        raise Warned("not a copy of database_url, or it does not catch up; correct replica_url")
    return f"a copy of the database, {behind:.1f} seconds behind"


def _is_lent(standby: Replica, settings: Settings) -> bool:
    with engine_of(settings) as engine, transaction(sessions(engine)) as session:
        lent = standby.find(session, now=clock.now())
    if lent is not None:
        lent.close()
    return lent is not None
