"""Work out the claims that agencies and offers vouch for, when they are asked: no sooner.

They rest on notes that change from one day to the next, so they are looked up at the moment they
leave, and only if one of them is asked for.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from consent.catalogue import CLAIMS, Source
from consent.evidence import evidence
from kernel.db import Json
from kernel.errors import Refused
from services import activations, offers
from services.activations import Noted
from services.models import Activation

NOTES = frozenset(claim.name for claim in CLAIMS if claim.source is Source.NOTE)
OFFERS = frozenset(claim.name for claim in CLAIMS if claim.source is Source.OFFER)
NAMES = NOTES | OFFERS


def values(
    session: Session,
    names: AbstractSet[str],
    *,
    member_id: UUID,
    purpose_id: UUID,
    held: Mapping[str, Any],
    now: datetime,
) -> dict[str, Any]:
    """Return the values of those of `names` that are vouched for; claims are JSON of two shapes.

    A service nobody noted is "unknown", never "no" (10-II); so is one that closed, whose notes are
    its members' alone. An offer that is not in force is not
    answered at all: the claim is absent.
    """
    found: dict[str, Any] = {}
    if noted := names & NOTES:
        told_now = activations.of_member(session, member_id, noted, at=now)
        known = {each.service: each for each in told_now if each.closed_on is None}
        found |= {name: released(known.get(name)) for name in sorted(noted)}
    for name in names & OFFERS:
        answer = _answer(session, member_id=member_id, purpose_id=purpose_id, held=held, now=now)
        found |= {} if answer is None else {name: answer}
    return found


def released(noted: Noted | None) -> Json:
    """Return a note as it leaves; of one whose member was not told yet nothing does (PDPA 9)."""
    return told(noted if noted is not None and noted.announced else None)


def told(noted: Noted | None) -> Json:
    """Return an agency's note as its member reads it: state, source, day, disputed or not."""
    if noted is None or noted.state is None:
        return evidence(noted=None, source=None, as_of=None, disputed=False).claim()
    return evidence(
        noted=noted.state is Activation.ACTIVATED,
        source=noted.agency.zh,
        as_of=noted.as_of,
        disputed=noted.disputed_at is not None,
    ).claim()


def _answer(
    session: Session,
    *,
    member_id: UUID,
    purpose_id: UUID,
    held: Mapping[str, Any],
    now: datetime,
) -> bool | None:
    try:
        return offers.answer(
            session, purpose_id=purpose_id, member_id=member_id, held=held, now=now
        )
    except Refused:  # not in force, or its groups are too small
        return None
