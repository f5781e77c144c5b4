"""The claims as consent sees them: bundled by scope, in order, with what could be given instead.

The list itself stands in `clients.claims`, one floor down: a client that asks for anything else
cannot be registered (regulation 2(5)).
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from clients.claims import ALWAYS, BY_NAME, CLAIMS, MARKETING, VERIFIED, Claim, Source, lesser

__all__ = [
    "ALWAYS",
    "BY_NAME",
    "CLAIMS",
    "MARKETING",
    "SCOPES",
    "VERIFIED",
    "Claim",
    "Source",
    "asked_by",
    "claims_of_scopes",
    "in_order",
    "lesser",
    "without_echoes",
]

SCOPES: tuple[str, ...] = ("openid", "profile", "email", "phone", "address")
_NONE: frozenset[str] = frozenset()
_BUNDLED = {
    scope: frozenset(claim.name for claim in CLAIMS if claim.scope == scope) for scope in SCOPES
}
_LESSER = {
    full.name: frozenset(claim.name for claim in CLAIMS if claim.less_than == full.name)
    for full in CLAIMS
    if any(claim.less_than == full.name for claim in CLAIMS)
}


def claims_of_scopes(scopes: Iterable[str]) -> frozenset[str]:
    """Return the claims bundled by `scopes` (OIDC Core 5.4); an unknown scope bundles nothing.

    What agencies and offers vouch for no scope bundles: it is asked for by name.

    What can stand in for a bundled claim is bundled with it.
    """
    return _NONE.union(*(_BUNDLED.get(scope, _NONE) for scope in scopes))


def asked_by(names: AbstractSet[str]) -> frozenset[str]:
    """Return what a request for `names` asks: those, and what could be given in their stead."""
    return _NONE.union(names, *(_LESSER[name] for name in names & _LESSER.keys()))


def without_echoes(allowed: AbstractSet[str], requested: AbstractSet[str]) -> frozenset[str]:
    """Leave out what only repeats a fuller claim that leaves too, unless it was asked by name."""
    return frozenset(
        name
        for name in allowed
        if name in requested or name not in BY_NAME or BY_NAME[name].less_than not in allowed
    )


def in_order(names: Iterable[str]) -> list[Claim]:
    """Return the claims called `names` in the catalogue's order, dropping unknown ones."""
    wanted = set(names)
    return [claim for claim in CLAIMS if claim.name in wanted]
