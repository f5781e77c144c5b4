"""Serve with gunicorn: each worker builds its own application, so no connection is ever shared."""

import ctypes
import gc
from importlib import import_module
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped]  # no types
from gunicorn.config import Config  # type: ignore[import-untyped]  # no types
from gunicorn.glogging import Logger  # type: ignore[import-untyped]  # no types

from kernel import logs, metrics
from kernel.settings import Settings
from web import door
from web.worker import Worker

APPLICATION = "web.app"  # by name: no other command waits for it
LONGEST_REQUEST_LINE = 8190  # `claims` makes long authorization requests; gunicorn's limit
REQUESTS_PER_WORKER = 20_000
REQUESTS_BETWEEN = 200  # one time and the next that what is free is given back
_TRIM = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's; others learn no such thing
YOUNG_OBJECTS = 20_000  # Python's 700 collects several times a sign-in: 5 % of its time


class Log(Logger):  # type: ignore[misc]  # gunicorn carries no types
    """Gunicorn's own messages through our processors; requests are logged by whoever knows them.

    Its access log would hold query strings, and with them codes and hints.
    """

    def setup(self, cfg: Config) -> None:
        """Take away gunicorn's handlers; the root logger's one remains."""
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            log.handlers = []
            log.propagate = True


class Serving(BaseApplication):  # type: ignore[misc]  # gunicorn carries no types
    """Taipei ID under gunicorn."""

    def __init__(self, settings: Settings, *, bind: str, workers: int) -> None:
        """Serve on `bind` (HOST:PORT or unix:PATH) with so many worker processes."""
        self._settings = settings
        self._options = options(settings, bind=bind, workers=workers)
        super().__init__()

    def load_config(self) -> None:
        """Hand our options to gunicorn."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Build the application: in the worker, after the fork, so its engine is its own."""
        logs.configure()
        if self._settings.metrics.folder is not None:
            metrics.share(self._settings.metrics.folder)
        application: Flask = import_module(APPLICATION).create_app(self._settings)
        # What is built by now stays for good; requests make little that refers to itself.
        gc.freeze()
        gc.set_threshold(YOUNG_OBJECTS)
        return application


def _read_once(_master: object) -> None:
    """Read the code before workers are forked, and leave its objects where they are.

    Collecting garbage writes into every object it looks at, and a page that is written to is
    shared no longer.
    """
    import_module(APPLICATION)
    gc.collect()
    gc.freeze()


def give_back(worker: Any, _request: object, _environ: object, _answer: object) -> None:
    """Let the system have what is free, now and then.

    After the first password glibc keeps the 19 MB that hashing one took, for the next. That saves a
    login a third of its time where one follows another, and would be held for good where none does.
    """
    if worker.nr % REQUESTS_BETWEEN == 0 and _TRIM is not None:
        _TRIM(0)


def _let_door_watch(worker: Any) -> None:  # gunicorn carries no types
    found = worker.wsgi.extensions.get(door.EXTENSION)
    if found is not None:  # a bench's probe has none
        found.watch([each.sock for each in worker.sockets])


def options(settings: Settings, *, bind: str, workers: int) -> dict[str, object]:
    """Return gunicorn's options; what is not named keeps gunicorn's default."""
    return {
        "bind": bind,
        "workers": workers,
        "worker_class": Worker,  # of the sync kind, by measurement: the best tail behind a proxy
        "preload_app": False,
        "max_requests": REQUESTS_PER_WORKER,
        "max_requests_jitter": REQUESTS_PER_WORKER // 10,
        "post_request": give_back,
        "timeout": 30,
        "graceful_timeout": 20,
        "limit_request_line": LONGEST_REQUEST_LINE,
        "limit_request_fields": 64,
        # A header is believed only if a proxy of ours stands in front and therefore wrote it.
        "forwarded_allow_ips": "*" if settings.trusted_proxies else "",
        "forwarder_headers": "",
        "logger_class": Log,
        "on_starting": _read_once,
        "post_worker_init": _let_door_watch,
        "accesslog": None,
        "control_socket_disable": True,
        **_tls(settings),
        "proc_name": "taipei-id",
    }


def _tls(settings: Settings) -> dict[str, str]:
    if settings.tls.certificate is None or settings.tls.key is None:
        return {}
    return {"certfile": str(settings.tls.certificate), "keyfile": str(settings.tls.key)}
