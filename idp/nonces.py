"""Give out nonces for proofs that nobody has to remember (RFC 9449 8, 9; docs/decisions/0070)."""

import base64
import hmac
from datetime import datetime, timedelta

from kernel.keyring import keyed_hash

SPAN = timedelta(minutes=1)  # how long one is given out; it is good for one more


class Nonces:
    """An installation's nonces: worked out from a key and the time, the same in each process."""

    def __init__(self, key: bytes) -> None:
        """Work them out with `key`."""
        self._key = key

    def at(self, now: datetime) -> str:
        """Return the nonce to give out."""
        return self._of(_span(now))

    def is_fresh(self, nonce: str | None, *, now: datetime) -> bool:
        """Say whether this was given out lately, by a process whose clock may be ahead, too."""
        sent = (nonce or "").encode("utf-8", "surrogatepass")
        spans = (_span(now) + away for away in (0, -1, 1))
        return any(hmac.compare_digest(sent, self._of(each).encode()) for each in spans)

    def _of(self, span: int) -> str:
        return base64.urlsafe_b64encode(keyed_hash(self._key, str(span))[:24]).decode()


def _span(now: datetime) -> int:
    return int(now.timestamp() // SPAN.total_seconds())
