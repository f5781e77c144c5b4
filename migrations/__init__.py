"""Bring a database to the tables this version of the code expects, on SQLite and PostgreSQL.

`upgrade` runs every revision in one transaction: all of it happens, or nothing; what would keep
people waiting follows (`afterwards`). Revisions stand in `versions/`; `script.py.mako` is the form
for the next one.
"""

from importlib import import_module
from pathlib import Path
from time import sleep

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import MetaData
from sqlalchemy.exc import OperationalError

from kernel.db import Base, open_engine
from migrations import afterwards

LOCK_NOT_AVAILABLE = "55P03"
RESTS = (1, 2, 4, 8, 15, 30, 60)  # seconds
HERE = Path(__file__).parent
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


def metadata() -> MetaData:
    """Return the tables of every room, as the code declares them."""
    for module in ROOMS_WITH_TABLES:
        import_module(module)
    return Base.metadata


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at `url` up to `revision`; twice is as good as once."""
    config = _config(url)
    _patiently(config, revision)
    afterwards.run(url, ScriptDirectory.from_config(config), revision)


def _patiently(config: Config, revision: str) -> None:
    """Try again where a table was in use: all or nothing happened, and nobody waited for us."""
    for seconds in RESTS:
        try:
            command.upgrade(config, revision)
        except OperationalError as failed:
            if getattr(failed.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                raise
            sleep(seconds)
        else:
            return
    command.upgrade(config, revision)


def downgrade(url: str, revision: str = "base") -> None:
    """Take the database at `url` back to `revision`; what only newer tables hold is lost."""
    command.downgrade(_config(url), revision)


def current(url: str) -> str | None:
    """Return the revision the database at `url` stands at, None if it was never prepared."""
    engine = open_engine(url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()


def head() -> str:
    """Return the newest revision this version of the code knows."""
    newest = ScriptDirectory(str(HERE)).get_current_head()
    if newest is None:
        raise LookupError("migrations/versions holds no revision")
    return newest


def is_newer(revision: str) -> bool:
    """Say whether a database at `revision` was brought there by a later version than this."""
    known = {each.revision for each in ScriptDirectory(str(HERE)).walk_revisions()}
    return revision not in known


def is_current(url: str) -> bool:
    """Say whether the database at `url` has the tables this version of the code expects."""
    return current(url) == head()


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.attributes["url"] = url  # not an option: a password may hold a percent sign
    return config
