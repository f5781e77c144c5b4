"""`taipei-id serve`: run the provider, but only if it can work."""

import os
from pathlib import Path

import click

from adapters import loading
from idp import keys as signing
from idp.models import KeyState
from idp.signing import ALGORITHMS
from kernel import clock, logs
from kernel import settings as configuration
from kernel.db import sessions, transaction
from kernel.settings import Settings
from web.cli.console import warn
from web.cli.opening import engine_of, keyring_of, require_current
from web.cli.refusals import Stop
from web.serving import Serving

MOST_WORKERS = 64


def _workers() -> int:
    """Return one worker a core and one more, for whoever waits for the disk."""
    return len(os.sched_getaffinity(0)) + 1


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8600, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--socket",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Listen on this Unix socket instead: only who may open the file gets through.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, MOST_WORKERS),
    default=_workers,
    show_default="cores + 1",
    help="Worker processes.",
)
def serve(host: str, port: int, socket: Path | None, workers: int) -> None:
    """Serve Taipei ID with gunicorn. A proxy with TLS stands in front of it (deploy/nginx.conf)."""
    settings = configuration.load()
    require_current(settings)
    require_keys(settings)
    # Here once, not in each worker's log.
    loading.load(settings.adapters, settings.model_dump(), derive=keyring_of(settings).derive)
    logs.configure()
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    address = address if socket is None else f"unix:{socket}"
    warn(f"Taipei ID serves {settings.issuer} on {address} with {workers} workers.")
    Serving(settings, bind=address, workers=workers).run()


def require_keys(settings: Settings) -> None:
    """Refuse to serve without a key to sign with, or with keys that do not open."""
    keyring = keyring_of(settings)
    with engine_of(settings) as engine, transaction(sessions(engine)) as session:
        found = signing.listed(session)
        if (
            found and not settings.signing.in_token
        ):  # an installation older than the newest algorithm
            signing.ensure(session, keyring, now=clock.now())
            found = signing.listed(session)
        active = {key.alg for key in found if key.state is KeyState.ACTIVE}
        missing = [alg for alg in ALGORITHMS if alg not in active]
        if missing:
            raise Stop(f"no key signs {' or '.join(sorted(missing))}; run 'taipei-id keys rotate'")
        for key in found:
            if key.private_sealed is None:
                continue  # in the token, which no process opens before it forks
            keyring.unseal(key.private_sealed, place=f"signing_key/{key.kid}")
