"""`taipei-id backup` and `taipei-id restore`: one file holds the whole database."""

from pathlib import Path

import click
from sqlalchemy import func, select

import migrations
from audit import sealing
from kernel import backups, clock
from kernel import settings as configuration
from kernel.backups import BackupFailed, Manifest
from kernel.db import sessions, transaction
from kernel.settings import Settings
from members.models import Member
from web.cli.console import say
from web.cli.opening import engine_of, require_current
from web.cli.refusals import Stop

COPY = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("file", type=NEW)
def backup(file: Path) -> None:
    """Copy the whole database to a new FILE, while it is in use.

    The master key is not in it: keep that elsewhere. See docs/backups.md.
    """
    settings = configuration.load()
    require_current(settings)
    stands = migrations.current(settings.database_url) or ""  # a later version may have been here
    try:
        taken = backups.take(settings.database_url, file, revision=stands, now=clock.now())
    except BackupFailed as failed:
        raise Stop(str(failed)) from None
    say(f"{file}: {_described(taken)}.")


@click.command()
@click.argument("file", type=COPY)
@click.option("--check", is_flag=True, help="Only read the copy and say whether it is whole.")
def restore(file: Path, *, check: bool) -> None:
    """Put the copy in FILE into the empty database that the settings name.

    Run 'taipei-id ledger verify' afterwards, and delete again whoever left since the copy
    (docs/backups.md).
    """
    settings = configuration.load()
    try:
        taken = backups.read(file) if check else backups.put_back(file, settings.database_url)
    except BackupFailed as failed:
        raise Stop(str(failed)) from None
    say(f"{file}: whole, {_described(taken)}." if check else _put_back(settings, taken))


def _described(taken: Manifest) -> str:
    return f"{taken.engine}, revision {taken.revision}, of {taken.taken_at}"


def _put_back(settings: Settings, taken: Manifest) -> str:
    migrations.upgrade(settings.database_url)
    with engine_of(settings) as engine, transaction(sessions(engine)) as session:
        members = session.scalar(select(func.count()).select_from(Member))
        last = sealing.newest(session)
    sealed = "no checkpoint" if last is None else f"the last checkpoint is number {last.number}"
    return f"The copy is back ({_described(taken)}): {members} members, {sealed}."
