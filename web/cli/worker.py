"""`taipei-id worker`: do what the provider put off, until told to stop."""

import os
import platform
import signal
from collections.abc import Mapping
from datetime import timedelta
from importlib import import_module
from threading import Event

import click
import structlog
from sqlalchemy.exc import OperationalError

from kernel import clock, heartbeats, logs, metrics
from kernel import settings as configuration
from kernel.db import Sessions, sessions, transaction
from kernel.settings import Settings
from kernel.working import Handler, do_one
from web.cli.console import warn
from web.cli.opening import engine_of, require_current

ENDINGS = (signal.SIGINT, signal.SIGTERM)
IDLE_SECONDS = 1.0
UNREACHABLE_SECONDS = 5.0
SWEEP_EVERY = timedelta(minutes=1)
# By name, as gunicorn does it: no other command waits for Flask and every room to be imported.
COMPOSITION = ("web.app", "web.handlers")


@click.command()
@click.option("--once", is_flag=True, help="Do what is due and end.")
def worker(*, once: bool) -> None:
    """Send notices and do other jobs as they come due; run as many workers as you like.

    A signal to end lets the job at hand finish first.
    """
    settings = configuration.load()
    require_current(settings)
    logs.configure()
    if settings.metrics.folder is not None:
        metrics.share(settings.metrics.folder)
    stop = Event()
    for number in ENDINGS:
        signal.signal(number, lambda *_: stop.set())
    with engine_of(settings) as engine:
        working = _Working(settings, sessions(engine))
        if once:
            working.finish_what_is_due(stop)
        else:
            warn(f"A worker for {settings.issuer} waits for jobs.")
            working.until(stop)


class _Working:
    """One worker: its handlers, and when it last looked at the calendar."""

    def __init__(self, settings: Settings, make: Sessions) -> None:
        app, composed = (import_module(name) for name in COMPOSITION)
        self._make = make
        self._rooms = app.build_rooms(settings, make)
        self._handlers: Mapping[str, Handler] = composed.handlers(self._rooms)
        self._sweep = composed.sweep
        self._sweep_at = clock.now()
        self._name = f"{platform.node()}:{os.getpid()}"

    def finish_what_is_due(self, stop: Event) -> None:
        """Do everything due, and no more."""
        while not stop.is_set() and self._one():
            pass

    def until(self, stop: Event) -> None:
        """Do jobs until `stop` is set; a database that is away is waited for."""
        while not stop.is_set():
            try:
                busy = self._one()
            except OperationalError:
                structlog.get_logger().warning("worker.database_away")
                stop.wait(UNREACHABLE_SECONDS)
                continue
            if not busy:
                stop.wait(IDLE_SECONDS)

    def _one(self) -> bool:
        now = clock.now()
        if not self._sweep_at - SWEEP_EVERY <= now < self._sweep_at:  # later, or set back
            self._sweep(self._rooms, now=now)
            with transaction(self._make) as session:
                heartbeats.beat(session, self._name, now=now)
            self._sweep_at = now + SWEEP_EVERY
        return do_one(self._make, self._handlers, now=now)
