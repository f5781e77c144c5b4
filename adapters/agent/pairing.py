"""Remember to whom the program spoke since it started, and what it has signed already."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from adapters.agent.troubles import Trouble
from kernel.ids import digest, new_secret

NONCE = re.compile(r"[A-Za-z0-9_+/=-]{43,128}")  # 256 bits or more
MOST_KEYS = 1000


class Pairing:
    """Keys of one start of the program: each is good for one origin, and for this start."""

    def __init__(self) -> None:
        self._origins: dict[str, str] = {}
        self._signed: set[bytes] = set()
        self._lock = Lock()
        self._working = Lock()

    def key_for(self, origin: str) -> str:
        """Return a new key for a page of this origin; the oldest is forgotten if there are many."""
        key = new_secret()
        with self._lock:
            self._origins[key] = origin
            if len(self._origins) > MOST_KEYS:
                del self._origins[next(iter(self._origins))]
        return key

    def require(self, key: str, origin: str) -> None:
        """Let only pages pass that got this key here. Raises Trouble `not_paired`."""
        with self._lock:
            if self._origins.get(key) != origin:
                raise Trouble("not_paired")

    def spend(self, nonce: str) -> None:
        """Use a nonce up: it is signed once. Raises Trouble `bad_nonce`."""
        if not NONCE.fullmatch(nonce):
            raise Trouble("bad_nonce")
        mark = digest(nonce)
        with self._lock:
            if mark in self._signed:
                raise Trouble("bad_nonce")
            self._signed.add(mark)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Do one thing with a card at a time. Raises Trouble `busy`."""
        if not self._working.acquire(blocking=False):
            raise Trouble("busy")
        try:
            yield
        finally:
            self._working.release()
