"""Decide what may leave: pure, total, deny by default (regulation 10(3), 10(4)).

Nothing here reads a database, a clock or a setting: the same facts always give the same answer.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from consent.catalogue import ALWAYS

NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Decided:
    """A member's recorded decision about one claim for one purpose."""

    purpose_id: UUID
    claim: str
    given: bool
    text_version: int
    expires_at: datetime
    once: bool = False

    def is_live(self, *, now: datetime) -> bool:
        """Say whether the decision still counts at `now`."""
        return now < self.expires_at


def releasable(
    requested: AbstractSet[str],
    *,
    purpose_id: UUID,
    approved: AbstractSet[str],
    decisions: Iterable[Decided],
    now: datetime,
) -> frozenset[str]:
    """Return the claims that may leave for this purpose at `now`.

    The narrowest of three: what was asked for, what the purpose is approved for, what the
    member agreed to for this very purpose. Without a live consent to being recognised at all,
    nothing leaves, not even `sub` (regulation 10(3); OIDC Core 5.4).
    """
    given = frozenset(
        each.claim
        for each in decisions
        if each.purpose_id == purpose_id and each.given and each.is_live(now=now)
    )
    if ALWAYS not in given:
        return NOTHING
    return frozenset({ALWAYS}) | (requested & approved & given)


def unanswered(
    requested: AbstractSet[str],
    *,
    purpose_id: UUID,
    approved: AbstractSet[str],
    text_version: int,
    decisions: Iterable[Decided],
    now: datetime,
) -> frozenset[str]:
    """Return the claims the member must still be asked about before this request can go on.

    A refusal is an answer too: it is not asked again until it expires. A new version of the
    purpose's text, and a consent given for one sign-in only, ask again.
    """
    settled = frozenset(
        each.claim
        for each in decisions
        if each.purpose_id == purpose_id
        and each.text_version == text_version
        and each.is_live(now=now)
        and not each.once
    )
    return (frozenset({ALWAYS}) | (requested & approved)) - settled
