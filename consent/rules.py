"""Decide what may leave: pure, total, deny by default (regulation 10(3), 10(4)).

Nothing here reads a database, a clock or a setting: the same facts always give the same answer.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from clients.claims import Sensitivity
from clients.directory import RegisteredPurpose
from clients.models import OrganisationKind
from consent.catalogue import ALWAYS, CLAIMS, MARKETING

NOTHING: frozenset[str] = frozenset()
IDENTIFYING = frozenset(
    claim.name for claim in CLAIMS if claim.sensitivity is not Sensitivity.ANONYMOUS
) - {ALWAYS}


@dataclass(frozen=True, kw_only=True)
class Decided:
    """A member's recorded decision about one claim for one purpose."""

    purpose_id: UUID
    claim: str
    given: bool
    text_version: int
    given_at: datetime
    expires_at: datetime
    once: bool = False
    receipt_id: UUID | None = None  # the proof a release rests on

    def is_live(self, *, now: datetime) -> bool:
        """Say whether the period the member chose is still running at `now`."""
        return now < self.expires_at


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What one purpose may have at present.

    `since` names each approved claim, and `sub`, with the version of the text it was last widened
    in: a decision about an older text no longer counts. `retold` is the version in which the
    purpose itself was last told differently.
    """

    purpose_id: UUID
    since: Mapping[str, int]
    retold: int = 1
    longest: timedelta

    def cover(self, decided: Decided, *, now: datetime) -> bool:
        """Say whether a decision is in force: for this purpose, this text, and not too old."""
        since = self.since.get(decided.claim)
        return (
            since is not None
            and decided.purpose_id == self.purpose_id
            and decided.text_version >= max(since, self.retold)
            and decided.is_live(now=now)
            and now < decided.given_at + self.longest
        )


def terms_of(purpose: RegisteredPurpose) -> Terms:
    """Return what a registered purpose may have."""
    since = {claim.name: claim.since_version for claim in purpose.claims}
    return Terms(
        purpose_id=purpose.id,
        since=MappingProxyType(since | {ALWAYS: 1}),
        retold=purpose.terms_version,
        longest=timedelta(days=purpose.max_days),
    )


def releasable(
    requested: AbstractSet[str], terms: Terms, decisions: Iterable[Decided], *, now: datetime
) -> frozenset[str]:
    """Return the claims that may leave for this purpose at `now`.

    The narrowest of three: what was asked for, what the purpose is approved for, what the
    member agreed to for this very purpose. Without a live consent to being recognised at all,
    nothing leaves, not even `sub` (regulation 10(3); OIDC Core 5.4). Marketing is no datum that is
    released: yes and no are both told, or neither (`marketing_answer`).
    """
    given = frozenset(each.claim for each in decisions if each.given and terms.cover(each, now=now))
    if ALWAYS not in given:
        return NOTHING
    return frozenset({ALWAYS}) | (requested & given - {MARKETING})


def may_recognise(
    kind: OrganisationKind, terms: Terms, decisions: Iterable[Decided], *, now: datetime
) -> bool:
    """Say whether the client may know the member again by a stable `sub`.

    Agencies may. A merchant may only while the member shares a claim that tells who they are, for
    this very purpose; else each visit is a stranger's (regulation 10(4)).
    """
    if kind is OrganisationKind.AGENCY:
        return True
    return bool(releasable(IDENTIFYING, terms, decisions, now=now) - {ALWAYS})


def was_recognised(
    terms: Terms, decisions: Iterable[Decided], *, last_let_in: datetime, end: datetime
) -> bool:
    """Say whether a merchant could know the member again until `end`, when their last yes ended.

    By the terms as they are; or by those of before, if they cannot have come back as a stranger
    since: the yes that names them is as new as the last to being let in (`last_let_in`), and that
    lets nobody in any more.
    """
    last = end - timedelta.resolution  # the end itself is no longer covered
    given = [each for each in decisions if each.given and each.is_live(now=last)]
    naming = [each for each in given if each.claim in IDENTIFYING - {MARKETING}]
    if any(terms.cover(each, now=last) for each in naming):
        return True
    if any(each.claim == ALWAYS and terms.cover(each, now=last) for each in given):
        return False
    return any(each.given_at >= last_let_in for each in naming)


def identified_until(
    terms: Terms, decisions: Iterable[Decided], *, now: datetime
) -> datetime | None:
    """Return when the last claim that tells who the member is runs out; None if none is shared.

    What was given for one sign-in only does not count: nobody is known for long by that.
    """
    covered = [each for each in decisions if each.given and terms.cover(each, now=now)]
    if not any(each.claim == ALWAYS for each in covered):
        return None
    lasting = (each for each in covered if each.claim in IDENTIFYING and not each.once)
    return max((each.expires_at for each in lasting), default=None)


def marketing_answer(
    requested: AbstractSet[str], terms: Terms, decisions: Iterable[Decided], *, now: datetime
) -> bool | None:
    """Return whether the client may advertise to the member, None if it is not to be told.

    It is told what was decided, to whom it may recognise, and only if it asks; what was never
    decided is unknown and no yes. To a stranger's visit neither answer is added: it would tell
    that the stranger was known once (regulation 10(4); PDPA 20).
    """
    decisions = tuple(decisions)
    if MARKETING not in requested or identified_until(terms, decisions, now=now) is None:
        return None
    said = [each for each in decisions if each.claim == MARKETING and terms.cover(each, now=now)]
    return all(each.given for each in said) if said else None


def unanswered(
    requested: AbstractSet[str], terms: Terms, decisions: Iterable[Decided], *, now: datetime
) -> frozenset[str]:
    """Return the claims the member must still be asked about before this request can go on.

    A refusal is an answer too: it is not asked again until it expires. What was widened since,
    and a consent given for one sign-in only, ask again.
    """
    settled = frozenset(
        each.claim for each in decisions if terms.cover(each, now=now) and not each.once
    )
    return (frozenset({ALWAYS}) | (requested & terms.since.keys())) - settled


def carried(terms: Terms, decisions: Iterable[Decided], *, now: datetime) -> dict[str, bool]:
    """Return earlier choices (claim: given) that need no new decision when the purpose is retold.

    They release nothing by themselves: the member sees what changed and agrees, or not. A claim
    that was itself widened since is not among them.
    """
    return {
        each.claim: each.given
        for each in decisions
        if each.claim != ALWAYS
        and not each.once
        and each.text_version < terms.retold
        and _before_it_was_retold(terms).cover(each, now=now)
    }


def _before_it_was_retold(terms: Terms) -> Terms:
    return Terms(purpose_id=terms.purpose_id, since=terms.since, longest=terms.longest)
