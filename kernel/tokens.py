"""Take turns at the library of a PKCS#11 token, and get over the loss of a session.

There is one library a process, and several parts of us use it. It may lose its way with several
threads; and who begins anew with it, as after a fork, takes everybody's sessions away. So one lock
is for all, and each gets a new session first, which is enough when another has begun anew.
"""

from collections.abc import Callable
from contextlib import suppress
from threading import RLock
from typing import TypeVar

T = TypeVar("T")
_LOCK = RLock()


def lasting(do: Callable[[], T], *renewals: Callable[[], object], lost: type[Exception]) -> T:
    """Do it; if that fails with `lost`, once more after each renewal. Raises the last failure."""
    with _LOCK:
        for renew in renewals:
            with suppress(lost):
                return do()
            with suppress(lost):
                renew()
        return do()
