"""Run a program of several until Ctrl-C, and say why if it cannot go on."""

import os
import signal
import sys
from collections.abc import Callable, Mapping
from threading import Event

from rich.console import Console

from demo import supervisor
from demo.addresses import AddressInvalid
from demo.supervisor import DemoStopped, Running

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOOK_SECONDS = 0.5
Run = Callable[[Mapping[str, str], Console, Event], None]


def run_until_ended(run: Run, *, name: str) -> None:
    """Run with the environment until a signal ends it; exits with 1, saying why, if it stops."""
    stop = Event()
    for number in ENDINGS:
        signal.signal(number, lambda *_: stop.set())
    try:
        run(os.environ, Console(highlight=False), stop)
    except (AddressInvalid, DemoStopped) as stopped:
        Console(stderr=True, highlight=False, soft_wrap=True).print(
            f"The {name} stopped: {stopped}", markup=False
        )
        sys.exit(1)


def look_after(started: list[Running], stop: Event) -> None:
    """Wait until `stop` is set. Raises DemoStopped if a program ends before."""
    while not stop.wait(LOOK_SECONDS):
        supervisor.require_alive(started)
