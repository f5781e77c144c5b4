"""Run PgBouncer in transaction mode before a PostgreSQL server, as a city with many nodes does."""

import os
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from string import Template
from subprocess import DEVNULL, STDOUT, Popen

from sqlalchemy import URL
from sqlalchemy.engine import make_url

from kernel.db import BY_TRANSACTION, POOLED
from tests.live.programs import LOOK_SECONDS, end, free_port
from tests.postgres import SYSTEM_USER

PROGRAM = "/usr/sbin/pgbouncer"
PATIENCE = "SET lock_timeout = 1000; SET statement_timeout = 5000"  # milliseconds
LIKE_DEPLOY = Template("""
[databases]
* = host=$host port=$server_port connect_query='$patience'

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $port
unix_socket_dir =
auth_type = scram-sha-256
auth_file = $folder/users
pool_mode = transaction
default_pool_size = $pool_size
logfile = $folder/pgbouncer.log
""")


@dataclass
class Pooler:
    """One PgBouncer; it may be ended and started again."""

    folder: Path
    port: int
    url: str  # of the database, by way of the pooler
    process: Popen[bytes]

    def restart(self) -> None:
        """End it with every connection, and start it anew where it was."""
        end(self.process)
        self.process = _start(self.folder, self.port)


@contextmanager
def pooling(database_url: str, folder: Path, *, pool_size: int) -> Iterator[Pooler]:
    """Lend a pooler with so few connections to the database at `database_url`."""
    server, port = make_url(database_url), free_port()
    _write(folder, server, port, pool_size=pool_size)
    url = server.set(host="127.0.0.1", port=port).update_query_dict({POOLED: BY_TRANSACTION})
    pooler = Pooler(folder, port, url.render_as_string(hide_password=False), _start(folder, port))
    try:
        yield pooler
    finally:
        end(pooler.process)


def _write(folder: Path, server: URL, port: int, *, pool_size: int) -> None:
    (folder / "users").write_text(f'"{server.username}" "{server.password}"\n')
    said = LIKE_DEPLOY.substitute(
        host=server.host,
        server_port=server.port or 5432,
        port=port,
        folder=folder,
        pool_size=pool_size,
        patience=PATIENCE,
    )
    (folder / "pgbouncer.ini").write_text(said)
    if os.geteuid() == 0:  # as which PgBouncer refuses to run
        for path in (folder, folder / "users"):
            shutil.chown(path, SYSTEM_USER)


def _start(folder: Path, port: int) -> Popen[bytes]:
    process = Popen(
        [PROGRAM, str(folder / "pgbouncer.ini")],
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=STDOUT,
        start_new_session=True,
        user=SYSTEM_USER if os.geteuid() == 0 else None,
    )
    while not _listens(port):
        assert process.poll() is None, (folder / "pgbouncer.log").read_text()
        time.sleep(LOOK_SECONDS)
    return process


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
