"""Let whoever received a datum hear that it changed, each under a number of its own (PDPA 11-V)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from audit import summaries
from consent.catalogue import CLAIMS, Source
from idp import client_notices
from members.models import RequestKind
from web import request_making


@dataclass(frozen=True, kw_only=True)
class Corrected:
    """A correction, as those are told who received what was corrected."""

    member_id: UUID
    reference: str
    claims: list[str]
    kind: RequestKind = RequestKind.CORRECT


def tell(
    session: Session, claims: Iterable[str], *, member_id: UUID, reference: str, now: datetime
) -> int:
    """Tell who received these claims, or what is worked out from them, under a name it knows."""
    changed = sorted(claims)
    derived = {
        each.name
        for each in CLAIMS
        if each.source is Source.DERIVED and not set(changed).isdisjoint(each.derived_from)
    }
    received = summaries.receivers_of(session, derived.union(changed), member_id=member_id)
    known = [
        each
        for each in sorted(received)
        if client_notices.is_known(session, each, member_id=member_id)
    ]
    correction = Corrected(member_id=member_id, reference=reference, claims=changed)
    for each in known:
        request_making.tell(session, each, correction, stage="done", now=now)
    return len(known)
