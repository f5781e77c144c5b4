"""Bring a database to the tables this version of the code expects, on SQLite and PostgreSQL.

`upgrade` runs every revision in one transaction: all of it happens, or nothing; what would keep
people waiting follows (`afterwards`). Revisions stand in `versions/`, in the order of their files'
names; `script.py.mako` is the form for the next one.

Alembic is loaded by who changes tables (`running`). A worker only asks which revision is the newest
and which tables there are, and would hold the library for that all its life.
"""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from time import sleep

from sqlalchemy import MetaData, inspect, text
from sqlalchemy.exc import OperationalError

from kernel.db import Base, open_engine

RUNNING = "migrations.running"  # by name: only who changes tables needs Alembic
STANDS_AT = text("SELECT version_num FROM alembic_version")
LOCK_NOT_AVAILABLE = "55P03"
RESTS = (1, 2, 4, 8, 15, 30, 60)  # seconds
HERE = Path(__file__).parent
# Read once: a process goes on with its own code, whatever is installed over it.
_KNOWN = tuple(sorted(path.name.partition("_")[0] for path in HERE.glob("versions/[0-9]*.py")))
ROOMS_WITH_TABLES = (
    "adapters.certificate.models",
    "adapters.keycard.models",
    "adapters.passkey.models",
    "adapters.password.models",
    "adapters.smartcard.models",
    "audit.audit_models",
    "audit.figures",
    "audit.incident_models",
    "audit.models",
    "carriers.models",
    "clients.models",
    "clients.officer_models",
    "clients.organisation_models",
    "clients.repeat_models",
    "clients.resource_models",
    "consent.models",
    "counters.card_order_models",
    "counters.case_models",
    "counters.models",
    "counters.training_models",
    "idp.event_models",
    "idp.models",
    "kernel.calendar",
    "kernel.heartbeats",
    "kernel.jobs",
    "kernel.throttle",
    "members.application_models",
    "members.approval_models",
    "members.change_models",
    "members.inbox_models",
    "members.models",
    "members.number_models",
    "members.proxy_models",
    "members.record_models",
    "members.recovery_models",
    "members.rule_models",
    "members.standing_models",
    "services.eligibility_models",
    "services.consolidation_models",
    "services.lifecycle_models",
    "services.inventory_models",
    "services.models",
    "services.offer_draft_models",
    "services.petition_models",
    "services.publication_models",
    "services.sanction_models",
    "services.request_models",
    "web.brand_models",
    "web.models",
    "web.sandbox_models",
)


class OfAnotherVersion(Exception):
    """The database stands at a revision this version of the code does not have."""


def metadata() -> MetaData:
    """Return the tables of every room, as the code declares them."""
    for module in ROOMS_WITH_TABLES:
        import_module(module)
    return Base.metadata


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at `url` up to `revision`; twice is as good as once.

    One that a later version brought further is left as it is: this version works on it
    (decisions/0144). Raises OfAnotherVersion.
    """
    running = import_module(RUNNING)
    try:
        _patiently(lambda: running.upgrade(url, revision))
    except OfAnotherVersion:  # asked afterwards, for the later version may have been first just now
        stands = current(url)
        if stands is None or not is_newer(stands):
            raise
        return
    running.finish(url, revision)


def _patiently(change: Callable[[], None]) -> None:
    """Try again where a table was in use: all or nothing happened, and nobody waited for us."""
    for seconds in RESTS:
        try:
            change()
        except OperationalError as failed:
            if getattr(failed.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                raise
            sleep(seconds)
        else:
            return
    change()


def downgrade(url: str, revision: str = "base") -> None:
    """Take the database at `url` back to `revision`; what only newer tables hold is lost."""
    import_module(RUNNING).downgrade(url, revision)


def current(url: str) -> str | None:
    """Return the revision the database at `url` stands at, None if it was never prepared."""
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            found: str | None = connection.scalar(STANDS_AT)
            return found
    finally:
        engine.dispose()


def known() -> list[str]:
    """Return the revisions of this version of the code, the newest last."""
    return list(_KNOWN)


def head() -> str:
    """Return the newest revision this version of the code knows."""
    return _KNOWN[-1]


def is_newer(revision: str) -> bool:
    """Say whether a database at `revision` was brought there by a later version than this."""
    return revision not in _KNOWN


def is_current(url: str) -> bool:
    """Say whether the database at `url` has the tables this version of the code expects."""
    return current(url) == head()
