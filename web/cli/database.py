"""`taipei-id db`: prepare the database and say where it stands."""

import click

import migrations
from kernel import settings as configuration
from web.cli.console import say
from web.cli.opening import require_current


@click.group()
def db() -> None:
    """Prepare the database, or say whether it is prepared."""


@db.command()
def upgrade() -> None:
    """Bring the tables up to this version: all of it or nothing; twice does no harm.

    Tables of a later version are left as they are: this one works on them.
    """
    settings = configuration.load()
    url = settings.database_url
    before = migrations.current(url)
    migrations.upgrade(url)
    now_at = migrations.current(url)
    if now_at is not None and migrations.is_newer(now_at):
        require_current(settings)  # which says so
    elif before == now_at:
        say(f"The database is up to date ({now_at}).")
    else:
        say(f"The database is prepared ({before or 'empty'} → {now_at}).")


@db.command()
def check() -> None:
    """Say whether the tables are those of this version; exit 1 if not."""
    require_current(configuration.load())
    say(f"The database is up to date ({migrations.head()}).")
