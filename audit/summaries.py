"""Sum up a member's footprint for the pages of the account."""

import json
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, cast, func, select
from sqlalchemy.orm import Session

from audit.lines import Kind
from audit.models import LedgerLine


@dataclass(frozen=True, kw_only=True)
class Sent:
    """How often one claim went to a client for one purpose, and when last."""

    claim: str
    times: int
    last_at: datetime


def sent(session: Session, *, member_id: UUID, client_id: UUID, purpose_id: UUID) -> Sequence[Sent]:
    """Return what already went out for a purpose, by claim: withdrawing does not call it back."""
    claims = cast(LedgerLine.claims, Text)  # PostgreSQL compares no JSON, only its text
    rows = session.execute(
        select(claims, func.count(), func.max(LedgerLine.at))
        .where(
            LedgerLine.member_id == member_id,
            LedgerLine.client_id == client_id,
            LedgerLine.purpose_id == purpose_id,
            LedgerLine.kind == Kind.RELEASED,
        )
        .group_by(claims)
    )
    found: dict[str, Sent] = {}
    for names, times, last_at in rows:
        for claim in json.loads(names):
            before = found.get(claim)
            found[claim] = Sent(
                claim=claim,
                times=times + (before.times if before else 0),
                last_at=max(last_at, before.last_at) if before else last_at,
            )
    return [found[claim] for claim in sorted(found)]


def receivers(session: Session, *, member_id: UUID) -> dict[UUID, bool]:
    """Return the clients the member signed in to, and whether data ever went there."""
    rows = session.execute(
        select(LedgerLine.client_id, cast(LedgerLine.claims, Text))
        .where(
            LedgerLine.member_id == member_id,
            LedgerLine.kind.in_((Kind.RELEASED, Kind.SIGNED_IN)),
        )
        .distinct()
    )
    found: dict[UUID, bool] = {}
    for client_id, names in rows:
        if client_id is not None:
            found[client_id] = found.get(client_id, False) or bool(json.loads(names))
    return found


def receivers_of(session: Session, claims: AbstractSet[str], *, member_id: UUID) -> set[UUID]:
    """Return the clients that ever received one of these claims."""
    rows = session.execute(
        select(LedgerLine.client_id, cast(LedgerLine.claims, Text))
        .where(LedgerLine.member_id == member_id, LedgerLine.kind == Kind.RELEASED)
        .distinct()
    )
    return {key for key, names in rows if key is not None and claims & set(json.loads(names))}


def login_before_this(session: Session, *, member_id: UUID) -> datetime | None:
    """Return when the member signed in before the present time; None if never."""
    return session.scalar(
        select(LedgerLine.at)
        .where(LedgerLine.member_id == member_id, LedgerLine.kind == Kind.LOGGED_IN)
        .order_by(LedgerLine.id.desc())
        .offset(1)
        .limit(1)
    )
