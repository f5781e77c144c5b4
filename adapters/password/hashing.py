"""Hash passwords with Argon2id, only so many at once as the machine has memory for."""

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore

from argon2 import PasswordHasher, Type
from argon2.exceptions import VerifyMismatchError

from adapters.contract import is_storable
from kernel import metrics
from kernel.errors import Refused
from kernel.ids import new_secret

LONGEST = 1024
PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What one hash costs; whatever is raised here is applied to each password at its next use."""

    memory_kib: int
    passes: int
    lanes: int = 1


OWASP = Cost(memory_kib=19 * 1024, passes=2)  # OWASP Password Storage Cheat Sheet, Argon2id


def normalise(password: str) -> str:
    """Return `password` in NFKC, so that every keyboard spells it alike (NIST 800-63B 3.1.1.2).

    Nothing is cut off: a shortened password would be another, weaker one. Raises Refused
    `password.too_long` over 1,024 characters and `password.not_text` for what is no text.
    """
    if len(password) > LONGEST:  # before normalising, so that the work is bounded
        raise Refused("password.too_long")
    if not is_storable(password):
        raise Refused("password.not_text")
    return unicodedata.normalize("NFKC", password)


class Hasher:
    """Hashes and compares; shared by all threads of a process.

    At most `parallel` hashes are computed at once, each taking `cost.memory_kib`. Who waits longer
    than `patience_seconds` is sent away with Refused `login.busy`, so that a burst of logins
    costs time but never memory.
    """

    def __init__(
        self, *, parallel: int, cost: Cost = OWASP, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self._argon2 = PasswordHasher(
            time_cost=cost.passes,
            memory_cost=cost.memory_kib,
            parallelism=cost.lanes,
            hash_len=32,
            salt_len=16,
            type=Type.ID,
        )
        self._places = BoundedSemaphore(parallel)
        self._patience_seconds = patience_seconds
        self._nobody = self._argon2.hash(new_secret())

    def hash(self, password: str) -> str:
        """Return the salted hash of `password`, parameters included. Raises as `normalise` does."""
        text = normalise(password)
        with self._place():
            return self._argon2.hash(text)

    def matches(self, kept: str | None, password: str) -> bool:
        """Say whether `password` is the one kept; without one, spend the same time and say no.

        The same time, so that a stranger and a member cannot be told apart by the clock.
        """
        text = normalise(password)
        with self._place():
            try:
                self._argon2.verify(self._nobody if kept is None else kept, text)
            except VerifyMismatchError:
                return False
        return kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Say whether `kept` was made at another cost than passwords cost now."""
        return self._argon2.check_needs_rehash(kept)

    @contextmanager
    def _place(self) -> Iterator[None]:
        with metrics.counted(metrics.ARGON2, state="waiting"):
            if not self._places.acquire(timeout=self._patience_seconds):
                raise Refused("login.busy")
        try:
            with metrics.counted(metrics.ARGON2, state="computing"):
                yield
        finally:
            self._places.release()
