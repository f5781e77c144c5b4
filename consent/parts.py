"""Say on which page each claim is decided: data that identify on a second one (10(4), PDPA 7, 20).

Pure. An agency asks everything on one page. A merchant asks on up to three: what tells nobody who
it is; what does; and whether it may advertise, by itself, once something was given to do it with.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from datetime import datetime
from enum import StrEnum

from clients.claims import MARKETING
from clients.models import OrganisationKind
from consent.rules import IDENTIFYING, Decided, Terms, identified_until


class Part(StrEnum):
    """What one page of a consent decides."""

    WHOLE = "whole"  # everything, to an agency
    ANONYMOUS = "anonymous"  # a merchant's first page
    IDENTIFIED = "identified"  # a merchant's second page
    MARKETING = "marketing"  # a page of its own, never asked along with anything


BEGINNINGS = frozenset({Part.WHOLE, Part.ANONYMOUS})  # whoever refuses these goes back


def part_of(claim: str, kind: OrganisationKind) -> Part:
    """Return the part that decides on `claim`."""
    if kind is OrganisationKind.AGENCY:
        return Part.WHOLE
    if claim == MARKETING:
        return Part.MARKETING
    return Part.IDENTIFIED if claim in IDENTIFYING else Part.ANONYMOUS


def within(part: Part, claims: Iterable[str], kind: OrganisationKind) -> frozenset[str]:
    """Return those of `claims` that `part` decides on."""
    return frozenset(claim for claim in claims if part_of(claim, kind) is part)


def in_turn(
    open_claims: AbstractSet[str],
    kind: OrganisationKind,
    terms: Terms,
    decisions: Iterable[Decided],
    *,
    now: datetime,
) -> list[tuple[Part, frozenset[str]]]:
    """Return what is still to be decided, page by page, in the order of the pages.

    Marketing is not asked of somebody whom the merchant does not know: there is nothing to do it
    with. It makes no sign-in fail, so who asks silently leaves it out.
    """
    turns = [(part, within(part, open_claims, kind)) for part in Part]
    known = identified_until(terms, decisions, now=now) is not None
    return [
        (part, claims) for part, claims in turns if claims and (part != Part.MARKETING or known)
    ]


def called(part: Part, claims: Iterable[str]) -> Part:
    """Return what a receipt calls a page: the whole, if another decided on later parts too."""
    is_more = part is Part.ANONYMOUS and not IDENTIFYING.isdisjoint(claims)
    return Part.WHOLE if is_more else part
