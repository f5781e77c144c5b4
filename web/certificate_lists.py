"""Fetch revocation lists in the worker, once an hour each, and stop what a new one revokes."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from adapters.certificate import revocation_lists
from adapters.certificate.adapter import CertificateAdapter
from adapters.certificate.profiles import Issuer
from audit import trail
from carriers.models import Suspension
from kernel import jobs
from kernel.db import Sessions, transaction
from kernel.errors import Refused
from kernel.jobs import JobDelayed, JobImpossible, Work
from kernel.outgoing import AddressForbidden, Answer, CallFailed
from kernel.throttle import Policy
from kernel.wording import LANGUAGES
from web import losses
from web.rooms import Rooms

KIND = "certificates.list"
EVERY = timedelta(hours=1)
MOST_BYTES = 64 * 1024 * 1024  # three times the longest list there is
SECONDS = 90.0  # less than the lease of a job
OK = 200
ADAPTER = "certificate"
# One request an hour for each list, however many workers look at the calendar.
_ONCE = Policy(name="revocation-list", limit=1, window=EVERY, lockout=EVERY)


class Get(Protocol):
    """Call an address (kernel.outgoing)."""

    def __call__(self, url: str, *, seconds: float, most: int, signed: bool) -> Answer:
        """Return what came back. Raises CallFailed."""
        ...


def adapter_of(rooms: Rooms) -> CertificateAdapter | None:
    """Return the adapter for certificates, None where they are not offered."""
    found = rooms.adapters.get(ADAPTER)
    return found if isinstance(found, CertificateAdapter) else None


def ask(rooms: Rooms, *, now: datetime) -> None:
    """Let each list that has an address be fetched once an hour."""
    adapter = adapter_of(rooms)
    for issuer in listing(() if adapter is None else adapter.pinned.issuers):
        key = _ONCE.key(issuer.key_id.hex(), secret=rooms.throttle_key)
        with transaction(rooms.sessions) as session:
            if _ONCE.hit(session, key, now=now).allowed:
                jobs.enqueue(session, KIND, {"issuer": issuer.key_id.hex()}, now=now)


def listing(issuers: Iterable[Issuer]) -> list[Issuer]:
    """Return those of the issuers whose list has an address."""
    return [each for each in issuers if each.crl_url]


class ListFetcher:
    """The handler of these jobs."""

    def __init__(self, rooms: Rooms, get: Get) -> None:
        """Load through `rooms` what `get` brings."""
        self._rooms = rooms
        self._get = get

    def __call__(self, work: Work, *, now: datetime) -> None:
        """Fetch one list and put it in force; one that is not believed is given up and noted."""
        adapter = adapter_of(self._rooms)
        wanted = listing(() if adapter is None else adapter.pinned.issuers)
        for issuer in wanted:
            if issuer.key_id.hex() == work.payload["issuer"]:
                fetch(self._rooms.sessions, issuer, self._get, now=now)


def fetch(make: Sessions, issuer: Issuer, get: Get, *, now: datetime) -> int | None:
    """Fetch a list and put it in force; return how many it revokes, None if it is the one in force.

    Raises JobDelayed to try again, JobImpossible for a list that is not believed.
    """
    try:
        answer = get(issuer.crl_url, seconds=SECONDS, most=MOST_BYTES, signed=True)
    except AddressForbidden as forbidden:
        raise JobImpossible(forbidden.code) from None
    except CallFailed as failed:
        raise JobDelayed(failed.code) from None
    if answer.status != OK:
        raise JobDelayed(f"call.status_{answer.status}")
    try:
        return load(make, issuer, answer.body, now=now)
    except Refused as refused:
        _note_refused(make, issuer, refused, now=now)
        raise JobImpossible(refused.code) from None


def load(make: Sessions, issuer: Issuer, der: bytes, *, now: datetime) -> int | None:
    """Put a list in force and suspend the bindings it revokes, in one transaction (7(7)).

    Raises Refused `carrier.revocation_list_…`.
    """
    with transaction(make) as session:
        count = revocation_lists.load(session, issuer, der, now=now)
        if count is None:
            return None
        stopped = revocation_lists.bindings_on(session, issuer)
        for binding_id in stopped:
            losses.suspend(session, binding_id, Suspension.REVOKED, language=LANGUAGES[0], now=now)
        trail.record(
            session,
            "certificates.list_loaded",
            actor=None,
            now=now,
            issuer=issuer.key_id.hex(),
            revoked=count,
            suspended=len(stopped),
        )
    return count


def _note_refused(make: Sessions, issuer: Issuer, refused: Refused, *, now: datetime) -> None:
    structlog.get_logger().warning("certificates.list_refused", reason=refused.code)
    with transaction(make) as session:
        trail.record(
            session,
            "certificates.list_refused",
            actor=None,
            now=now,
            issuer=issuer.key_id.hex(),
            reason=refused.code,
        )
