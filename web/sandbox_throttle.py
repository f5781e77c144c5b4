"""Count the clients that strangers make: an open page must not fill a database."""

from datetime import timedelta

from kernel.db import transaction
from kernel.errors import Refused
from kernel.throttle import Policy
from web import login, scope

HOUR = timedelta(hours=1)
MADE = Policy(name="sandbox-network", limit=60, window=HOUR, lockout=HOUR)


def count() -> None:
    """Count a client made, or a key tried. Raises Refused `login.locked`."""
    key = MADE.key(login.network(), secret=scope.rooms().throttle_key)
    scope.keep()
    with transaction(scope.rooms().sessions) as session:
        verdict = MADE.hit(session, key, now=scope.now())
    if not verdict.allowed:
        raise Refused("login.locked", retry_at=verdict.retry_at)
