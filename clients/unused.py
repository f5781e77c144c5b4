"""Find claims that were approved but are never read: nobody needs what nobody asks for (PDPA 5)."""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from audit.lines import Kind
from audit.models import LedgerLine
from clients.models import Client, Purpose, PurposeClaim
from kernel.ids import first_id_at


@dataclass(frozen=True, kw_only=True)
class Unused:
    """One approved claim that did not leave once in the whole period."""

    client_id: str
    purpose: str
    claim: str


def unused(session: Session, *, since: datetime) -> list[Unused]:
    """Return the claims in force since then that no release since then has named."""
    released = _released(session, since=since)
    rows = session.execute(
        select(Client.client_id, Purpose.id, Purpose.code, PurposeClaim.claim)
        .join(Purpose, Purpose.client_id == Client.id)
        .join(PurposeClaim, PurposeClaim.purpose_id == Purpose.id)
        .where(Client.disabled_at.is_(None), PurposeClaim.approved_at <= since)
        .order_by(Client.client_id, Purpose.code, PurposeClaim.claim)
    )
    return [
        Unused(client_id=row.client_id, purpose=row.code, claim=row.claim)
        for row in rows
        if row.claim not in released[row.id]
    ]


def _released(session: Session, *, since: datetime) -> dict[UUID, set[str]]:
    names = cast(LedgerLine.claims, Text)  # PostgreSQL compares no JSON, only its text
    rows = session.execute(
        select(LedgerLine.purpose_id, names)
        .where(LedgerLine.id >= first_id_at(since), LedgerLine.kind == Kind.RELEASED.value)
        .distinct()
    )
    found: dict[UUID, set[str]] = defaultdict(set)
    for purpose_id, claims in rows:
        if purpose_id is not None:
            found[purpose_id].update(json.loads(claims))
    return found
