"""Start a program, wait until it answers, and end it with all its children."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import requests

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120.0  # a loaded machine is not a failing test
LOOK_SECONDS = 0.05
FAREWELL_SECONDS = 15.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running(
    command: Sequence[str], *, environment: Mapping[str, str], log: Path, ready: Sequence[str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` while the block runs; enter it once every address of `ready` answers."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "NO_PROXY": "localhost,127.0.0.1", **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # its own group, so that its workers end with it
        )
    try:
        for url in ready:
            _wait_until_answered(url, process, log)
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask the program to end, then end whoever of its group is left."""
    _signal(process, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(FAREWELL_SECONDS)
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _wait_until_answered(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not _answers(url):
        assert process.poll() is None, f"the program ended by itself:\n{log.read_text()}"
        assert time.monotonic() < deadline, f"{url} does not answer:\n{log.read_text()}"
        time.sleep(LOOK_SECONDS)


def _answers(url: str) -> bool:
    with requests.Session() as http, suppress(requests.RequestException):
        http.trust_env = False
        return http.get(url, timeout=10, allow_redirects=False).ok
    return False
