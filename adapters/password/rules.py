"""Decide whether a new password may be used."""

from collections.abc import Iterable

from adapters.password.breach import BreachList
from adapters.password.hashing import Hasher, normalise
from kernel.errors import Refused

# NIST SP 800-63B-4 asks 15 characters of a password that stands alone, 8 of one beside a second
# factor. Ours stands alone only for acr 1, behind five tries a quarter of an hour and a breach
# list, and is typed on phones by people of all ages: 10. No rule about kinds of characters and
# no expiry: both make people choose worse ones (800-63B-4 3.1.1.2).
SHORTEST = 10
REMEMBERED = 3  # regulation of cyber security, annex 10: not one of the last three


def require_acceptable(password: str, *, login: str, breaches: BreachList) -> None:
    """Let only passwords pass that nobody guesses early.

    Raises Refused `password.too_long`, `password.not_text`, `password.too_short`,
    `password.is_login` or `password.breached`.
    """
    text = normalise(password)
    if len(text) < SHORTEST:
        raise Refused("password.too_short")
    if text.strip().casefold() == login.casefold():
        raise Refused("password.is_login")
    if breaches.contains(password):
        raise Refused("password.breached")


def require_new(password: str, *, former: Iterable[str], hasher: Hasher) -> None:
    """Refuse a password that is among the `former` hashes: Refused `password.used_before`."""
    if any(hasher.matches(each, password) for each in former):
        raise Refused("password.used_before")
