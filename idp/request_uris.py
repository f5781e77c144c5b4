"""Fetch the request a client keeps on its own site (OIDC Core 6.2).

Only from addresses it registered. A fragment is the hash of what stands there: then it is fetched
once, and whoever changes it is found out. A site that failed is left in peace for a moment, for its
sake and that of the workers who would wait.
"""

import base64
import hashlib
import hmac
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import TypeVar

from clients.directory import RegisteredClient
from clients.fetching import Call, fetched
from idp.errors import ProtocolError

REST = timedelta(seconds=10)
V = TypeVar("V")
MOST = 200  # remembered in a process, of at most 64 KB each


class RequestUris:
    """The requests of one process that were fetched, and the sites that failed."""

    def __init__(self, call: Call) -> None:
        """Fetch with `call`."""
        self._call = call
        self._known: OrderedDict[str, str] = OrderedDict()
        self._failed: OrderedDict[str, datetime] = OrderedDict()

    def read(self, client: RegisteredClient, uri: str, *, now: datetime) -> str:
        """Return the request object at `uri`.

        Raises ProtocolError `request_uri_not_supported` for clients that registered none,
        `invalid_request_uri` for what is not registered or not there.
        """
        if not client.request_uris:
            raise ProtocolError("request_uri_not_supported", "this client registered none")
        address, _, fragment = uri.partition("#")
        if not client.request_uris & {uri, address}:
            raise _refused("it is not registered")
        found = self._known.get(uri) if fragment else None
        return found or self._fetched(uri, address, fragment, now=now)

    def _fetched(self, uri: str, address: str, fragment: str, *, now: datetime) -> str:
        failed_at = self._failed.get(address)
        if failed_at is not None and timedelta(0) <= now - failed_at < REST:
            raise _refused("nothing can be fetched there")
        body = fetched(self._call, address)
        if body is None or not body.isascii():
            _remember(self._failed, address, now)
            raise _refused("nothing can be fetched there")
        text = body.decode("ascii").strip()
        if fragment:
            if not hmac.compare_digest(hash_of(body).encode(), fragment.encode()):
                raise _refused("what stands there is not what its hash says")
            _remember(self._known, uri, text)
        return text


def _remember(memory: OrderedDict[str, V], key: str, value: V) -> None:
    memory[key] = value
    while len(memory) > MOST:
        memory.popitem(last=False)


def hash_of(body: bytes) -> str:
    """Return what the fragment says of a body (OIDC Core 6.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(body).digest()).rstrip(b"=").decode()


def _refused(description: str) -> ProtocolError:
    return ProtocolError("invalid_request_uri", description)
