"""Let the worker rotate the provider's keys by the calendar (docs/decisions/0069)."""

from datetime import datetime, timedelta

from audit import trail
from idp import keys
from idp.keys import Schedule
from idp.signing import ALGORITHMS
from kernel.db import transaction
from kernel.settings import Signing
from web.rooms import Rooms


def run(rooms: Rooms, *, now: datetime) -> None:
    """Make what keys are missing, and let those announced sign whose turn it is."""
    schedule = _schedule(rooms.settings.signing)
    for alg in ALGORITHMS:
        with transaction(rooms.sessions) as session:
            if keys.keep(
                session, rooms.keyring, alg, schedule=schedule, token=rooms.key_token, now=now
            ):
                trail.record(session, "key.rotated", actor=None, now=now, alg=alg, channel="worker")


def _schedule(signing: Signing) -> Schedule:
    return Schedule(
        active=timedelta(days=signing.active_days), retiring=timedelta(days=signing.retiring_days)
    )
