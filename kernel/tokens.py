"""Take turns at the library of a PKCS#11 token, and get over the loss of a session.

There is one library a process, and several parts of us use it. It may lose its way with several
threads; and who begins anew with it, as after a fork, takes everybody's sessions away. What is
worse, it then counts from one again: the number one of us has kept may name another's key. So one
lock is for all, and nobody uses what was opened before the library last began.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from threading import RLock
from typing import TypeVar

T = TypeVar("T")


class _Library:
    """When the library began: in which process, and how many times."""

    lock = RLock()
    process = 0
    times = 0


class Held:
    """What one part of us holds open in a token."""

    def __init__(
        self,
        open_: Callable[[], object],
        *,
        begin_anew: Callable[[], object],
        lost: type[Exception],
    ) -> None:
        """Know how to open it and how the library begins anew; either fails with `lost`."""
        self._open, self._begin_anew, self._lost = open_, begin_anew, lost
        self._since = 0, 0

    def open(self, *, anew: bool = False) -> object:
        """Open it now; return what opening returns."""
        with _Library.lock:
            self._since = 0, 0  # should it fail, what was open before is not to be used either
            if anew or _Library.process not in {0, os.getpid()}:  # a fork leaves us our parent's
                _Library.times += 1  # first: should it fail, the sessions are gone all the same
                self._begin_anew()
            _Library.process = os.getpid()
            opened = self._open()
            self._since = _Library.process, _Library.times
            return opened

    def use(self, do: Callable[[], T]) -> T:
        """Do it; if it was lost, once more when opened again and once more when begun anew.

        Raises the last failure.
        """
        with _Library.lock:
            with suppress(self._lost):
                if self._since != (os.getpid(), _Library.times):
                    self.open()
                return do()
            _Library.times += 1  # it may have lost them all by itself, and count from one again
            with suppress(self._lost):
                self.open()
                return do()
            self.open(anew=True)
            return do()
