"""Make the next version out of this one: a column and a table more, and code that knows them.

An earlier version is not at hand in a clone without history. To the next one this version is the
earlier: it serves on tables it does not know (docs/decisions/0144).
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

import migrations
from tests.live.programs import ROOT, free_port, running
from tests.live.server import DISCOVERY, Provider, require_nothing_personal, settings_of

# Without the folder the server starts in on the path, which has this version.
TAIPEI_ID = (sys.executable, "-P", "-c", "from web.cli import main; main()")
NOT_CODE = shutil.ignore_patterns(".*", "__pycache__", "tests", "docs", "bench")
REVISION = "9999"
REVISION_FILE = f'''"""Tokens have a hue."""

import sqlalchemy as sa
from alembic import op

from migrations.afterwards import Index

revision = "{REVISION}"
down_revision = "{migrations.head()}"
AFTERWARDS = (Index(name="ix_token_hue", table="token", columns=("hue",)),)


def upgrade() -> None:
    """Add the column and the table."""
    op.add_column("token", sa.Column("hue", sa.String(8), server_default="grey", nullable=False))
    op.create_table("hue", sa.Column("name", sa.String(8), primary_key=True))
'''
HUE = '    hue: Mapped[str] = mapped_column(String(8), server_default="grey")\n'
# Each is found once, or this version has changed and the next one with it.
CHANGES = {
    "idp/models.py": ('    __tablename__ = "token"\n', f'    __tablename__ = "token"\n{HUE}'),
    "idp/statements.py": ("for name in TOKEN}", 'for name in TOKEN} | {"hue": "blue"}'),
}


@dataclass(frozen=True)
class NextVersion:
    """Its code, and what its nodes are told."""

    folder: Path
    before: Provider
    environment: dict[str, str]

    def upgrade(self) -> None:
        """Bring the tables up, as an operator does."""
        subprocess.run(
            [*TAIPEI_ID, "db", "upgrade"],
            check=True,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
        )

    @contextmanager
    def serving(self) -> Iterator[Provider]:
        """Serve beside the version before, for the same issuer."""
        port, log = free_port(), self.folder / "next.log"
        address = f"http://localhost:{port}"
        command = [*TAIPEI_ID, "serve", "--port", str(port), "--workers", "2"]
        with running(command, environment=self.environment, log=log, ready=[address + DISCOVERY]):
            yield Provider(address, self.before.engine, log)
        require_nothing_personal(log)

    def hues(self) -> set[str]:
        """Return who wrote tokens: who knows no hue writes grey ones."""
        with self.before.database() as session:
            return set(session.scalars(text("SELECT DISTINCT hue FROM token")))


def made_of_this_one(before: Provider, database_url: str, folder: Path) -> NextVersion:
    """Write its code to `folder`; `before` is a node of this version."""
    code = folder / "next"
    shutil.copytree(ROOT, code, ignore=NOT_CODE)
    (code / f"migrations/versions/{REVISION}_hues.py").write_text(REVISION_FILE, "utf-8")
    for name, (now, then) in CHANGES.items():
        source = (code / name).read_text("utf-8")
        assert source.count(now) == 1, f"{name} has changed: {now}"
        (code / name).write_text(source.replace(now, then), "utf-8")
    told = settings_of(before.issuer, database_url, folder)
    return NextVersion(folder, before, {**told, "PYTHONPATH": str(code)})
