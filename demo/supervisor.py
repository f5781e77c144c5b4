"""Start the demo's programs, wait until they answer, and end all of them, whatever happens."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic

import requests

from demo.addresses import Address

ROOT = Path(__file__).parent.parent
THREADS = 4
PATIENCE_SECONDS = 120.0
LOOK_SECONDS = 0.1
FAREWELL_SECONDS = 6.0
TAIL_LINES = 15
SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)


class DemoStopped(Exception):
    """The demo cannot start or go on; the message is for the person who started it."""


@dataclass(frozen=True)
class Program:
    """One program of the demo: a WSGI factory served at an address."""

    name: str
    factory: str
    address: Address
    workers: int
    ready_path: str
    warm: str = ""  # a module imported before the workers are forked

    @property
    def command(self) -> list[str]:
        """Return how it is started."""
        return [
            *(sys.executable, "-m", "gunicorn", "--no-control-socket", "--log-level", "warning"),
            *("--bind", self.address.bind, "--workers", str(self.workers)),
            # Browsers keep idle connections open; threads keep those from blocking a worker.
            *("--worker-class", "gthread", "--threads", str(THREADS)),
            *("--limit-request-line", "8190", "--graceful-timeout", "1"),
            *(("--config", f"python:{self.warm}") if self.warm else ()),
            self.factory,
        ]

    def answers(self) -> bool:
        """Say whether it can be called."""
        return _answers(f"http://{self.address.bind}{self.ready_path}")


@dataclass(frozen=True)
class Helper:
    """A program of ours that works beside the servers: `main` of a module."""

    name: str
    module: str
    words: tuple[str, ...] = ()
    ready_url: str = ""  # empty if nobody calls it

    @property
    def command(self) -> list[str]:
        """Return how it is started."""
        return [sys.executable, "-c", f"from {self.module} import main; main()", *self.words]

    def answers(self) -> bool:
        """Say whether it can be called, if there is anything to wait for."""
        return not self.ready_url or _answers(self.ready_url)


@dataclass(frozen=True)
class Running:
    """A program that was started."""

    program: Program | Helper
    process: subprocess.Popen[bytes]
    log: Path


def _answers(url: str) -> bool:
    # Not through a proxy of the environment: loopback is here.
    with requests.Session() as http:
        http.trust_env = False
        try:
            return http.get(url, timeout=2, allow_redirects=False).ok
        except requests.RequestException:
            return False


def require_free(addresses: Iterable[Address]) -> None:
    """Refuse to start if somebody else answers at one of the ports. Raises DemoStopped."""
    for address in addresses:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", address.port))
            except OSError:
                raise DemoStopped(
                    f"port {address.port} is in use. End what runs there (another demo?), or set "
                    f"{address.variable}=localhost:{address.port + 100} and start again."
                ) from None


@contextmanager
def running(
    programs: Sequence[Program | Helper], environment: Mapping[str, str], logs: Path
) -> Iterator[list[Running]]:
    """Start `programs`; end every one of them, with all its children, on the way out."""
    started: list[Running] = []
    try:
        for program in programs:
            started.append(_start(program, environment, logs / f"{program.name}.log"))  # noqa: PERF401  # what was started must be known if the next one fails
        yield started
    finally:
        _end(started)


def wait_until_ready(started: Sequence[Running], stop: Event) -> None:
    """Return when each program answers, or `stop` is set. Raises DemoStopped."""
    deadline = monotonic() + PATIENCE_SECONDS
    waiting = list(started)
    while waiting and not stop.is_set():
        require_alive(started)
        waiting = [each for each in waiting if not each.program.answers()]
        if waiting and monotonic() > deadline:
            raise DemoStopped(_report(waiting[0], "does not answer"))
        if waiting:
            stop.wait(LOOK_SECONDS)


def require_alive(started: Iterable[Running]) -> None:
    """Raise DemoStopped, with the end of its log, if a program has ended."""
    for each in started:
        code = each.process.poll()
        if code is not None:
            raise DemoStopped(_report(each, f"ended by itself (exit code {code})"))


def _start(program: Program | Helper, environment: Mapping[str, str], log: Path) -> Running:
    with log.open("wb") as output:
        process = subprocess.Popen(
            program.command,
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # its own group: Ctrl-C reaches us alone, and we end them all
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509  # we run no threads
        )
    return Running(program, process, log)


def _die_with_parent() -> None:
    """Ask the kernel to end this program if the supervisor is killed and can end nobody."""
    ctypes.CDLL(None).prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)


def _report(each: Running, what: str) -> str:
    tail = each.log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:]
    lines = "\n".join(f"  {line}" for line in tail) or "  (nothing)"
    return f"the {each.program.name} {what}. The end of {each.log}:\n{lines}"


def _end(started: Iterable[Running]) -> None:
    deadline = monotonic() + FAREWELL_SECONDS
    for each in started:
        _signal(each, signal.SIGTERM)
    for each in started:
        with suppress(subprocess.TimeoutExpired):
            each.process.wait(max(0.0, deadline - monotonic()))
        _signal(each, signal.SIGKILL)  # whoever of its group is still there
        each.process.wait()


def _signal(each: Running, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(each.process.pid, number)
