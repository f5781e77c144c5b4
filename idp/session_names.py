"""Name a browser session: to each client differently, and to nobody as it is (decision 0062).

Nothing is stored. What a client is told of a session is worked out from the session's number under
a key of the installation, so that a sign-in costs no statement more.
"""

import base64
import hashlib
from urllib.parse import urlsplit
from uuid import UUID

from clients.origins import origin
from kernel.ids import new_nonce
from kernel.keyring import keyed_hash

SID, STATE = "sid/v1", "browser-state/v1"
SALT_BYTES = 12


class SessionNames:
    """The names of sessions under one key."""

    def __init__(self, key: bytes) -> None:
        """Keep the installation's key; who changes it makes every known name unknown."""
        self._key = key

    def sid(self, session_id: UUID, *, client_id: UUID, sub: str) -> str:
        """Return the `sid` of a session at one client (Back-Channel Logout 2.1).

        No two clients share it. The name of the member is part of it: who is a stranger at every
        visit is so in the `sid` as well (10(4)).
        """
        return _text(keyed_hash(self._key, SID, str(session_id), str(client_id), sub))

    def browser_state(self, session_id: UUID) -> str:
        """Return what the session's browser keeps where our frame can read it: no identity."""
        return _text(keyed_hash(self._key, STATE, str(session_id)))


def _text(mac: bytes) -> str:
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def session_state(client_id: str, redirect_uri: str, browser_state: str) -> str | None:
    """Return the `session_state` a client can ask our frame about (Session Management 1.0, 2).

    None for an app's own address, which has no origin and no page to ask from.
    """
    if urlsplit(redirect_uri).scheme not in {"https", "http"}:
        return None
    salt = new_nonce(SALT_BYTES).hex()
    told = f"{client_id} {origin(redirect_uri)} {browser_state} {salt}"
    return f"{hashlib.sha256(told.encode()).hexdigest()}.{salt}"
