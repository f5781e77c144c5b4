"""Copy a whole database into one file while it is in use, and put it back.

A copy is a tar of two members: `manifest.json` (engine, revision, moment, SHA-256) and `data`,
which is a SQLite file, or PostgreSQL's own archive (`pg_dump --format=custom`). Both engines copy
one moment: what is written meanwhile is not in it. The file is its owner's alone (mode 0600).
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from sqlalchemy import URL, make_url

from kernel.db import is_pooled

FORMAT = 1
MANIFEST, DATA = "manifest.json", "data"
PIECE = 1 << 20  # bytes
LONGEST_MANIFEST = 10_000


class BackupFailed(Exception):
    """A copy could not be made, read or put back; the message says why, without a password."""


@dataclass(frozen=True)
class Manifest:
    """What a copy says of itself."""

    engine: str
    revision: str
    taken_at: str  # ISO 8601, UTC
    sha256: str  # of the data, in hex
    format: int = FORMAT


def take(url: str, path: Path, *, revision: str, now: datetime) -> Manifest:
    """Copy the database at `url` to the new file `path`.

    Raises BackupFailed, also if the file exists.
    """
    address = make_url(url)
    if path.exists():
        raise BackupFailed(f"{path} exists already")
    with _room(path.parent) as folder:
        data = folder / DATA
        _copy_out(address, data)
        manifest = Manifest(
            engine=address.get_backend_name(),
            revision=revision,
            taken_at=now.isoformat(timespec="seconds"),
            sha256=_sha256(data),
        )
        said = folder / MANIFEST
        said.write_text(json.dumps(asdict(manifest), indent=2), "utf-8")
        whole = folder / "whole"
        with tarfile.open(whole, "x") as archive:
            for each in (said, data):
                archive.add(each, arcname=each.name, filter=_of_nobody)
        whole.chmod(0o600)
        os.link(whole, path)  # only a whole copy ever has its name, and no other is overwritten
    return manifest


def read(path: Path) -> Manifest:
    """Return what a copy says of itself, once its data fit. Raises BackupFailed.

    Nothing is written: a copy may be looked at where there is no room for it.
    """
    return _read(path, keep=len)


def put_back(path: Path, url: str) -> Manifest:
    """Put a copy into the empty database at `url`; it is unpacked beside itself.

    Raises BackupFailed for a copy that is damaged or of another engine, and for a database that
    holds anything: nothing is ever overwritten.
    """
    address = make_url(url)
    beside = path.parent if os.access(path.parent, os.W_OK) else None  # a medium that is only read
    with _room(beside) as folder:
        with (folder / DATA).open("xb") as target:
            manifest = _read(path, keep=target.write)
        if manifest.engine != address.get_backend_name():
            raise BackupFailed(f"the copy is of {manifest.engine}, the settings name another")
        if manifest.engine == "sqlite":
            _into_sqlite(address, folder / DATA)
        else:
            _into_postgres(address, folder / DATA)
    return manifest


@contextmanager
def _room(folder: Path | None) -> Iterator[Path]:
    """Lend a new folder in `folder`. Raises BackupFailed if a disk refuses, which says why."""
    try:
        with TemporaryDirectory(prefix=".taipei-id-backup-", dir=folder) as name:
            yield Path(name)
    except (OSError, sqlite3.Error) as error:
        raise BackupFailed(f"it could not be written: {error}") from None


def _read(path: Path, *, keep: Callable[[bytes], object]) -> Manifest:
    """Give all data of the copy to `keep`, in pieces; what that raises is left as it is."""
    digest = hashlib.sha256()
    with ExitStack() as stack:
        try:
            archive = stack.enter_context(tarfile.open(path, "r:"))
            manifest = _manifest(archive)
            source = archive.extractfile(DATA)
        except (OSError, tarfile.TarError, KeyError, ValueError, TypeError) as error:
            raise _not_whole(path, error) from None
        if source is None:
            raise BackupFailed("the copy holds no data")
        for piece in _pieces(path, source):
            digest.update(piece)
            keep(piece)
    if digest.hexdigest() != manifest.sha256:
        raise BackupFailed(f"{path} is damaged: its data are not those that were copied")
    return manifest


def _pieces(path: Path, source: IO[bytes]) -> Iterator[bytes]:
    try:
        while piece := source.read(PIECE):
            yield piece
    except (OSError, tarfile.TarError) as error:
        raise _not_whole(path, error) from None


def _not_whole(path: Path, error: Exception) -> BackupFailed:
    return BackupFailed(f"{path} is no whole copy ({type(error).__name__})")


def _manifest(archive: tarfile.TarFile) -> Manifest:
    said = archive.extractfile(MANIFEST)
    manifest = Manifest(**json.loads(said.read(LONGEST_MANIFEST) if said else b""))
    if manifest.format != FORMAT:
        raise BackupFailed("the copy was made by another version; use that one")
    return manifest


def _of_nobody(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


def _sha256(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


# SQLite


def _copy_out(address: URL, data: Path) -> None:
    if address.get_backend_name() != "sqlite":
        _postgres("pg_dump", address, f"--file={data}", "--format=custom")
        return
    source_path = _file_of(address)
    if not source_path.exists():
        raise BackupFailed("there is no database")
    with (
        closing(sqlite3.connect(source_path)) as source,
        closing(sqlite3.connect(data)) as target,
    ):
        source.backup(target)


def _into_sqlite(address: URL, data: Path) -> None:
    target = _file_of(address)
    if target.exists() and _holds_tables(target):
        raise BackupFailed("the database is not empty; name another, or move it away")
    with closing(sqlite3.connect(data)) as source, closing(sqlite3.connect(target)) as kept:
        if source.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise BackupFailed("the copy's database is damaged")
        source.backup(kept)
    target.chmod(0o600)


def _file_of(address: URL) -> Path:
    if not address.database or address.database == ":memory:":
        raise BackupFailed("the database is in memory")
    return Path(address.database)


def _holds_tables(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is not None


# PostgreSQL


def _into_postgres(address: URL, data: Path) -> None:
    found = _postgres(
        "psql",
        address,
        "--no-psqlrc",
        "--tuples-only",
        "--no-align",
        "--command=SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()",
    )
    if found.strip() != "0":
        raise BackupFailed("the database is not empty; name another, or empty it")
    _postgres(
        "pg_restore",
        address,
        "--no-owner",
        "--no-privileges",
        "--single-transaction",
        "--exit-on-error",
        f"--dbname={address.database}",
        str(data),
    )


def _postgres(program: str, address: URL, *words: str) -> str:
    """Run one of PostgreSQL's programs; the password travels in the environment, never in words."""
    found = shutil.which(program)
    if is_pooled(address):  # pg_dump's SETs would stay behind for whoever meets the process next
        raise BackupFailed("a pooler in transaction mode is no way to copy; name the server itself")
    if found is None:
        raise BackupFailed(f"{program} is missing; install PostgreSQL's client programs")
    ran = subprocess.run(  # noqa: S603  # our words, no shell
        [found, "--no-password", *words],
        env={**os.environ, **_environment(address)},
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        lines = ran.stderr.strip().splitlines() or ["no reason given"]
        raise BackupFailed(f"{program}: {lines[0]}")
    return ran.stdout


def _environment(address: URL) -> dict[str, str]:
    """Say with libpq's variables what the URL says, several hosts included."""
    _, known = address.get_dialect()().create_connect_args(address)
    names = {"dbname": "DATABASE", "target_session_attrs": "TARGETSESSIONATTRS"}
    return {
        f"PG{names.get(name, name.upper())}": str(value) for name, value in known.items() if value
    }
