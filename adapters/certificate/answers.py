"""Use a responder's good answer again until it says it is old, and five minutes at most.

Only "good" is kept: a card that was revoked or cannot be checked is asked about each time. What a
list in force condemns is condemned before anything here is looked at.
"""

from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock
from typing import TypeAlias

from adapters.certificate.checks import Checked

LONGEST = timedelta(minutes=5)
MOST = 10_000  # certificates: those asked about longest ago are forgotten first

_Key: TypeAlias = tuple[bytes, int]


class Answers:
    """The good answers of one process."""

    def __init__(self, *, most: int = MOST) -> None:
        """Keep at most so many."""
        self._most = most
        self._until: OrderedDict[_Key, datetime] = OrderedDict()
        self._lock = Lock()

    def has_good(self, checked: Checked, *, now: datetime) -> bool:
        """Say whether the certificate was good a moment ago, and still counts as such."""
        until = self._until.get(_key(checked))
        # A clock that was put back must not make an answer last longer.
        return until is not None and until - LONGEST <= now < until

    def keep(self, checked: Checked, *, until: datetime | None, now: datetime) -> None:
        """Keep a good answer that is good `until`; one that does not say so is not kept."""
        if until is None or until <= now:
            return
        with self._lock:
            self._until.pop(_key(checked), None)
            self._until[_key(checked)] = min(until, now + LONGEST)
            while len(self._until) > self._most:
                self._until.popitem(last=False)


def _key(checked: Checked) -> _Key:
    return checked.issuer.key_id, checked.certificate.serial_number
