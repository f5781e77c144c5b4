"""Start what is measured: the provider, the probe."""

import os
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.wire import over_socket

ROOT = Path(__file__).parent.parent
HOST = "127.0.0.1"
WORKERS = 2
PATIENCE_SECONDS = 120  # a loaded machine takes its time
# Libraries take these where they find them, and no server has them: five megabytes of each worker.
NOT_INSTALLED = ("rich", "chardet")
HIDING = f"import sys; sys.modules.update(dict.fromkeys({NOT_INSTALLED}))"
ENTRY = f"{HIDING}; from web.cli import main; main()"


class NotStarted(Exception):
    """A server did not come up; the message holds what it last said."""


@dataclass(frozen=True)
class Server:
    """A listening server, and the root of the tree of its processes."""

    port: int
    pid: int


@contextmanager
def provider(
    url: str, *, issuer: str = "", niceness: int = 0, longest_line: int = 0
) -> Iterator[Server]:
    """Run `taipei-id serve` on the database; without an issuer its own address is the issuer.

    With `longest_line` so many may stand in line before anybody is told to come later.
    """
    port = _free_port()
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("TAIPEI_ID_")},
        "TAIPEI_ID_DEMO": "1",
        "TAIPEI_ID_ISSUER": issuer or f"http://localhost:{port}",
        "TAIPEI_ID_DATABASE_URL": url,
    }
    if longest_line:
        environment["TAIPEI_ID_LONGEST_LINE"] = str(longest_line)
    serve = ["serve", "--host", HOST, "--port", str(port), "--workers", str(WORKERS)]
    command = ["nice", "-n", str(niceness), sys.executable, "-c", ENTRY, *serve]
    with _running(command, environment, port, "/.well-known/openid-configuration") as server:
        yield server


@contextmanager
def floor() -> Iterator[Server]:
    """Run the probe."""
    port = _free_port()
    command = [sys.executable, "-m", "bench.floor", str(port), str(WORKERS)]
    with _running(command, dict(os.environ), port, "/") as server:
        yield server


@contextmanager
def _running(
    command: list[str], environment: dict[str, str], port: int, path: str
) -> Iterator[Server]:
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            if not _answers(process, port, path):
                output.seek(0)
                raise NotStarted(f"{shlex.join(command)} did not start:\n{output.read()[-2000:]}")
            yield Server(port, process.pid)
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


def _answers(process: subprocess.Popen[bytes], port: int, path: str) -> bool:
    send = over_socket(HOST, port)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            return send("GET", path, {}, b"").status == 200  # noqa: PLR2004  # OK
        except OSError:
            time.sleep(0.1)
    return False


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        port: int = taken.getsockname()[1]
        return port
