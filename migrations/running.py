"""Run revisions with Alembic: the one module that knows its commands."""

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from migrations import HERE, OfAnotherVersion, afterwards


def upgrade(url: str, revision: str) -> None:
    """Run every revision up to `revision` in one transaction. Raises OfAnotherVersion."""
    try:
        command.upgrade(_config(url), revision)
    except CommandError as failed:
        raise OfAnotherVersion(str(failed)) from failed


def finish(url: str, revision: str) -> None:
    """Do what is left of the revisions up to `revision`, once their transaction is over."""
    afterwards.run(url, ScriptDirectory.from_config(_config(url)), revision)


def downgrade(url: str, revision: str) -> None:
    """Undo every revision after `revision`."""
    command.downgrade(_config(url), revision)


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    config.attributes["url"] = url  # not an option: a password may hold a percent sign
    return config
