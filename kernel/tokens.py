"""Take turns at the library of a PKCS#11 token, and get over the loss of a session.

There is one library a process, and several parts of us use it. It may lose its way with several
threads; and who begins anew with it, as after a fork, takes everybody's sessions away. What is
worse, it then counts from one again: the number one of us has kept may name another's key. So one
lock is for all, and nobody uses what was opened before the library last began.

A key that is not there is no loss. It may have been made by another process, and some libraries see
that only when they begin anew: so they do, once in a while, and not for everybody who asks for it.
"""

import os
import time
from collections.abc import Callable
from threading import RLock
from typing import TypeVar

from kernel.settings import SettingsInvalid

DOUBT_SECONDS = 60.0  # for so long we believe that a key is not there
T = TypeVar("T")


class KeyAbsent(SettingsInvalid):
    """The token was asked and has no such key: it may be another token's, or nobody's."""


class _Library:
    """When the library began: in which process, and how many times; and last for want of a key."""

    lock = RLock()
    process = 0
    times = 0
    doubted_at: float | None = None

    @classmethod
    def is_believed(cls) -> bool:
        """Say whether it has begun anew for want of a key lately; if not, it is to do so now."""
        at = time.monotonic()
        if cls.doubted_at is not None and at - cls.doubted_at < DOUBT_SECONDS:
            return True
        cls.doubted_at = at
        return False


class Held:
    """What one part of us holds open in a token."""

    def __init__(
        self,
        open_: Callable[[], object],
        *,
        begin_anew: Callable[[], object],
        lost: type[Exception],
        absent: type[Exception],
    ) -> None:
        """Know how to open it and how the library begins anew; either fails with `lost`.

        `absent`, which may be one of `lost`, says that the token has no such key.
        """
        self._open, self._begin_anew = open_, begin_anew
        self._lost, self._absent = lost, absent
        self._since = 0, 0
        self._absent_at: tuple[float, int] | None = None  # opening found no key, after so many

    def open(self, *, anew: bool = False) -> object:
        """Open it now; return what opening returns."""
        with _Library.lock:
            self._since = 0, 0  # should it fail, what was open before is not to be used either
            if anew or _Library.process not in {0, os.getpid()}:  # a fork leaves us our parent's
                _Library.times += 1  # first: should it fail, the sessions are gone all the same
                self._begin_anew()
            _Library.process = os.getpid()
            try:
                opened = self._open()
            except self._absent:
                self._absent_at = time.monotonic(), _Library.times
                raise
            self._since = _Library.process, _Library.times
            return opened

    def use(self, do: Callable[[], T]) -> T:
        """Do it; if it was lost, once more when opened again and once more when begun anew.

        Raises the last failure.
        """
        with _Library.lock:
            for _ in range(2):  # as it is, then opened again
                try:
                    if self._since != (os.getpid(), _Library.times):
                        self._require_not_absent()
                        self.open()
                    return do()
                except self._absent:
                    if _Library.is_believed():
                        raise
                    break
                except self._lost:
                    _Library.times += 1  # it may have lost all by itself, and count from one again
            self.open(anew=True)
            return do()

    def _require_not_absent(self) -> None:
        """Believe for a while that opening finds no key: each try leaves a session in the token."""
        if self._absent_at is None:
            return
        at, times = self._absent_at
        if times == _Library.times and time.monotonic() - at < DOUBT_SECONDS:
            raise self._absent
