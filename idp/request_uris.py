"""Fetch the request a client keeps on its own site (OIDC Core 6.2).

Only from addresses it registered. A fragment is the hash of what stands there: then it is fetched
once, and whoever changes it is found out. A site that failed is left in peace for a moment, for its
sake and that of the workers who would wait; and however many come at once, over all workers only
`AT_ONCE` wait for the sites of one client, and for slow ones only now and then.
"""

import base64
import hashlib
import hmac
import time
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import TypeVar

from clients.directory import RegisteredClient
from clients.fetching import Call, fetched
from idp.errors import ProtocolError
from kernel import throttle
from kernel.db import Sessions, transaction
from kernel.throttle import Policy

REST = timedelta(seconds=10)
AT_ONCE = 2  # a machine of two cores has three workers
QUICK_SECONDS = 1.0  # who takes longer is counted for as long as a site rests
_WAITING = Policy(name="request-uri", limit=AT_ONCE, window=REST, lockout=REST)
V = TypeVar("V")
MOST = 200  # remembered in a process, of at most 64 KB each


class RequestUris:
    """The requests of one process that were fetched, and the sites that failed."""

    def __init__(
        self, sessions: Sessions, call: Call, *, quick_seconds: float = QUICK_SECONDS
    ) -> None:
        """Fetch with `call`, and count those who wait in the database behind `sessions`."""
        self._sessions = sessions
        self._call = call
        self._quick_seconds = quick_seconds
        self._known: OrderedDict[str, str] = OrderedDict()
        self._failed: OrderedDict[str, datetime] = OrderedDict()

    def read(self, client: RegisteredClient, uri: str, *, now: datetime) -> str:
        """Return the request object at `uri`.

        Raises ProtocolError `request_uri_not_supported` for clients that registered none,
        `invalid_request_uri` for what is not registered or not there, `temporarily_unavailable`
        while others wait for this client's sites.
        """
        if not client.request_uris:
            raise ProtocolError("request_uri_not_supported", "this client registered none")
        address, _, fragment = uri.partition("#")
        if not client.request_uris & {uri, address}:
            raise _refused("it is not registered")
        found = self._known.get(uri) if fragment else None
        return found or self._fetched(client, uri, address, fragment, now=now)

    def _fetched(
        self, client: RegisteredClient, uri: str, address: str, fragment: str, *, now: datetime
    ) -> str:
        failed_at = self._failed.get(address)
        if failed_at is not None and timedelta(0) <= now - failed_at < REST:
            raise _refused("nothing can be fetched there")
        body = self._had(client, address, now=now)
        if body is None or not body.isascii():
            _remember(self._failed, address, now)
            raise _refused("nothing can be fetched there")
        text = body.decode("ascii").strip()
        if fragment:
            if not hmac.compare_digest(hash_of(body).encode(), fragment.encode()):
                raise _refused("what stands there is not what its hash says")
            _remember(self._known, uri, text)
        return text

    def _had(self, client: RegisteredClient, address: str, *, now: datetime) -> bytes | None:
        """Fetch it, if not too many wait already; each waits in no transaction (decision 0067)."""
        key = _WAITING.key(client.client_id, secret=b"")  # no secret who the clients are
        with transaction(self._sessions) as session:
            if not _WAITING.hit(session, key, now=now).allowed:
                raise ProtocolError("temporarily_unavailable", "the site with the request is slow")
        began = time.monotonic()
        body = fetched(self._call, address)
        if time.monotonic() - began < self._quick_seconds:
            with transaction(self._sessions) as session:
                throttle.forgive(session, key)
        return body


def _remember(memory: OrderedDict[str, V], key: str, value: V) -> None:
    memory[key] = value
    while len(memory) > MOST:
        memory.popitem(last=False)


def hash_of(body: bytes) -> str:
    """Return what the fragment says of a body (OIDC Core 6.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()


def _refused(description: str) -> ProtocolError:
    return ProtocolError("invalid_request_uri", description)
