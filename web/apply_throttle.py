"""Count what strangers try at applications: handing in, and guessing at receipts."""

from datetime import timedelta

from kernel.db import transaction
from kernel.errors import Refused
from kernel.ids import typed_code
from kernel.throttle import Policy, clear
from web import login, scope

HOUR = timedelta(hours=1)
# A school hands in from one address; a program that asks who is a member does, too.
HANDED_IN = Policy(name="apply-network", limit=120, window=HOUR, lockout=HOUR)
GUESSED = Policy(name="receipt", limit=10, window=HOUR, lockout=HOUR)
NETWORK = Policy(name="receipt-network", limit=60, window=HOUR, lockout=HOUR)


def count() -> None:
    """Count a form that is begun or handed in. Raises Refused `login.locked`."""
    _hit(HANDED_IN, login.network())


def count_guess(number: str) -> None:
    """Count a try at a receipt's secret, known number or not. Raises Refused `login.locked`."""
    _hit(NETWORK, login.network())
    _hit(GUESSED, typed_code(number))


def forget_guesses(number: str) -> None:
    """Stop counting: it was the right person."""
    clear(scope.db(), _key(GUESSED, typed_code(number)))


def _hit(policy: Policy, value: str) -> None:
    key = _key(policy, value)
    scope.keep()
    with transaction(scope.rooms().sessions) as session:
        verdict = policy.hit(session, key, now=scope.now())
    if not verdict.allowed:
        raise Refused("login.locked")


def _key(policy: Policy, value: str) -> bytes:
    return policy.key(value, secret=scope.rooms().throttle_key)
