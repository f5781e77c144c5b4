"""Lend the tests a PostgreSQL server of their own, shared by parallel workers.

    with shared_server(folder) as server, fresh_database(server) as url: ...

The first user starts it in a folder outside the repository, the last one out stops it and
removes the folder. Who is still in is known from a shared lock on a file, which the kernel
releases even when a worker dies. PostgreSQL refuses to run as root, so root starts it as the
system user `postgres`; anyone else starts it as themselves. It listens on a free loopback
port and asks for a password, because the machine may have other people on it.

`TAIPEI_ID_TEST_POSTGRES_URL` names a server to use instead; its role must be a superuser, for the
tests create databases, and empty tables that guard themselves.
"""

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.engine import make_url

from kernel.ids import new_id, new_secret

URL_VARIABLE = "TAIPEI_ID_TEST_POSTGRES_URL"
DRIVER = "postgresql+psycopg"
SYSTEM_USER = "postgres"
# How many wait for a row, for a table, or (`CREATE INDEX CONCURRENTLY`) for who writes. Only here:
# other tests work in other databases of the server. Who waits for a transaction holds a lock on a
# table, and that one names its database; `pg_stat_activity` stands still in a transaction.
WAITS = text("""
SELECT count(*) FROM pg_locks AS wanted WHERE NOT granted AND EXISTS (
    SELECT 1 FROM pg_locks AS held JOIN pg_database ON pg_database.oid = held.database
    WHERE held.pid = wanted.pid AND datname = current_database()
)
""")
ATTEMPTS = 5
# The data lives as long as the tests: what protects it from a power cut only costs time.
OPTIONS = {
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "synchronous_commit": "off",
    "timezone": "UTC",
}


# A server that is to crash must have written down what it said it had.
PATIENT = {**OPTIONS, "synchronous_commit": "on"}


class PostgresUnavailable(Exception):
    """No server can be started here; the message says what to install or to set."""


@contextmanager
def shared_server(folder: Path) -> Iterator[str]:
    """Yield the URL of the server that everyone who names `folder` shares.

    The folder only holds the locks and the address. Raises PostgresUnavailable if Debian's
    programs are missing.
    """
    given = os.environ.get(URL_VARIABLE)
    if given:
        yield given
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "users").open("a") as users:
        with _alone(folder):
            url = _join_or_start(folder)
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield url
        finally:
            with _alone(folder):
                fcntl.flock(users, fcntl.LOCK_UN)
                if _is_nobody_in(users):
                    _stop(folder)


@dataclass(frozen=True)
class Cluster:
    """A server of one's own, which may crash."""

    folder: Path
    url: str

    def crash(self) -> None:
        """End every process of the server at once; nothing is tidied up."""
        _crash(self.folder)

    def start(self) -> None:
        """Start it again where it was; it recovers by itself."""
        _run_server(self.folder, make_url(self.url).port or 0, PATIENT)

    def tell(self, lines: str) -> None:
        """Add to its configuration; it is read at the next start."""
        with (self.folder / "data/postgresql.conf").open("a") as configuration:
            configuration.write(f"\n{lines}\n")

    def recover(self) -> None:
        """Start a copy as one that is to fetch what was archived since."""
        signal = self.folder / "data/recovery.signal"
        signal.touch(mode=0o600)
        _hand_over(signal)
        self.start()

    def restart(self) -> None:
        """Tell everybody who is connected that the server ends (57P01), and start it again."""
        _run(self.folder, "pg_ctl", "stop", "--mode=fast", "--wait")
        self.start()

    def promote(self) -> None:
        """Let a standby take over."""
        _run(self.folder, "pg_ctl", "promote", "--wait")


@contextmanager
def own_cluster(*, told: str = "") -> Iterator[Cluster]:
    """Lend a server that nobody else uses, told these lines too. Raises PostgresUnavailable."""
    folder = _make_cluster()
    Cluster(folder, "").tell(told)
    with _removed_afterwards(folder):
        yield Cluster(folder, _url(folder, _start(folder, PATIENT)))


@contextmanager
def standby_of(primary: Cluster) -> Iterator[Cluster]:
    """Lend a standby that has each commit before the primary's client hears of it."""
    folder = _make_folder()
    with _removed_afterwards(folder):
        _copy(primary, folder, "--write-recovery-conf")
        port = _start(folder, {**PATIENT, "wal_retrieve_retry_interval": "200"})  # milliseconds
        _administer(primary.url, sql.SQL("ALTER SYSTEM SET synchronous_standby_names = '*'"))
        _administer(primary.url, sql.SQL("SELECT pg_reload_conf()"))
        yield Cluster(folder, _at(primary.url, port))


@contextmanager
def copy_of(primary: Cluster) -> Iterator[Cluster]:
    """Lend a copy of a server as it is now, unpacked and not started."""
    folder = _make_folder()
    with _removed_afterwards(folder):
        _copy(primary, folder)
        yield Cluster(folder, _at(primary.url, _free_port()))


@contextmanager
def archive() -> Iterator[Path]:
    """Lend a folder that a server may write to and that outlives it."""
    folder = _make_folder()
    with _removed_afterwards(folder):
        yield folder


@contextmanager
def _removed_afterwards(folder: Path) -> Iterator[None]:
    try:
        yield
    finally:
        if (folder / "data/postmaster.pid").exists():  # it may have been lost for good
            _crash(folder)
        shutil.rmtree(folder)


def _copy(primary: Cluster, folder: Path, *options: str) -> None:
    address = make_url(primary.url).set(drivername="postgresql")
    source = f"--dbname={address.render_as_string(hide_password=False)}"
    _run(folder, "pg_basebackup", source, "--checkpoint=fast", *options)


def _at(url: str, port: int) -> str:
    return make_url(url).set(port=port).render_as_string(hide_password=False)


def of_both(url: str, standby_url: str) -> str:
    """Return the URL of a database wherever it may be written."""
    both = [make_url(each) for each in (url, standby_url)]
    hosts = [f"{each.host}:{each.port}" for each in both]
    either = {"host": hosts, "target_session_attrs": "read-write"}
    moved = both[0].set(host="").update_query_dict(either)
    return moved.render_as_string(hide_password=False)


@contextmanager
def fresh_database(server_url: str, *, like: str = "") -> Iterator[str]:
    """Yield the URL of a new database, empty or a copy of the one at `like` that nobody is in.

    It is dropped afterwards, open connections or not.
    """
    name = f"test_{new_id().hex}"
    template = (make_url(like).database if like else None) or "template0"
    create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    _administer(server_url, create.format(_named(name), _named(template)))
    try:
        yield make_url(server_url).set(database=name).render_as_string(hide_password=False)
    finally:
        _administer(server_url, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(_named(name)))


def _named(name: str) -> sql.Identifier:
    return sql.Identifier(name)


def _administer(server_url: str, statement: sql.SQL | sql.Composed) -> None:
    address = make_url(server_url).set(drivername="postgresql")
    with psycopg.connect(address.render_as_string(hide_password=False), autocommit=True) as server:
        server.execute(statement)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep starting and stopping to one process at a time."""
    with (folder / "door").open("a") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        yield


def _is_nobody_in(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    fcntl.flock(users, fcntl.LOCK_UN)
    return True


def _join_or_start(folder: Path) -> str:
    address = folder / "url"
    if not address.exists():
        cluster = _make_cluster()
        (folder / "cluster").symlink_to(cluster)
        port = _start(cluster, OPTIONS)
        address.touch(mode=0o600)
        address.write_text(_url(cluster, port))
    return address.read_text()


def _url(cluster: Path, port: int) -> str:
    password = (cluster / "password").read_text()
    return f"{DRIVER}://{SYSTEM_USER}:{password}@127.0.0.1:{port}/postgres"


def _stop(folder: Path) -> None:
    (folder / "url").unlink()
    cluster = (folder / "cluster").readlink()
    (folder / "cluster").unlink()
    _crash(cluster)
    shutil.rmtree(cluster)


def _make_cluster() -> Path:
    """Return a new folder, owned by who will run the server, with an empty cluster in it."""
    _program("initdb")
    cluster = _make_folder()
    password = cluster / "password"
    password.touch(mode=0o600)
    password.write_text(new_secret())
    _hand_over(password)
    _run(
        cluster,
        "initdb",
        "--no-sync",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        "--auth=scram-sha-256",
        f"--username={SYSTEM_USER}",
        f"--pwfile={password}",
    )
    return cluster


def _crash(folder: Path) -> None:
    _run(folder, "pg_ctl", "stop", "--mode=immediate", "--wait")


def _make_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="taipei-id-postgres-"))
    _hand_over(folder)
    return folder


def _hand_over(path: Path) -> None:
    if _server_user():
        shutil.chown(path, SYSTEM_USER, SYSTEM_USER)


def _start(cluster: Path, settings: Mapping[str, str]) -> int:
    """Start the server and return its port; a port taken in the meantime is tried again."""
    for attempt in range(1, ATTEMPTS + 1):
        port = _free_port()
        try:
            _run_server(cluster, port, settings)
        except PostgresUnavailable:
            if attempt == ATTEMPTS:
                raise
        else:
            return port
    raise AssertionError("the last attempt either returned or raised")


def _run_server(cluster: Path, port: int, settings: Mapping[str, str]) -> None:
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    where = f"-c port={port} -c unix_socket_directories={cluster}"
    log = f"--log={cluster}/log"
    _run(cluster, "pg_ctl", "start", "--wait", log, f"--options={options} {where}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _run(cluster: Path, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs on the cluster. Raises PostgresUnavailable saying why."""
    # Output goes to a file: a pipe would stay open as long as the server that inherits it.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(
            [_program(program), f"--pgdata={cluster}/data", *arguments],
            check=False,
            cwd=cluster,
            env={"LC_ALL": "C.UTF-8", "PATH": os.defpath},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            user=_server_user(),
            group=_server_user(),
            extra_groups=[] if _server_user() else None,
        )
        output.seek(0)
        if done.returncode != 0:
            raise PostgresUnavailable(f"{program} failed:\n{output.read()}")


def _server_user() -> str | None:
    return SYSTEM_USER if os.geteuid() == 0 else None


def _program(name: str) -> str:
    """Return where the newest installed PostgreSQL keeps the program; Debian leaves it off PATH."""
    debian = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"),
        key=lambda path: float(path.parts[-3]),
    )
    found = str(debian[-1]) if debian else shutil.which(name)
    if found is None:
        raise PostgresUnavailable(
            f"{name} is not here: install Debian's postgresql, or set {URL_VARIABLE}"
        )
    return found
