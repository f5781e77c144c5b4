"""Work out anew, after a birth date was corrected, which consents stand and for how long.

What needed another's word and never had it ends; what a guardian approved ends with coming of age.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clients.models import OrganisationKind
from consent import representation
from consent.models import Consent, Decision, Receipt, Voice
from consent.representation import Band, Table
from members.models import Relation


@dataclass(frozen=True)
class Given:
    """A consent in force: to whom, for what."""

    client_id: UUID
    purpose_id: UUID


def overruled(
    consents: Iterable[Consent],
    approved: AbstractSet[UUID],
    kinds: Mapping[UUID, OrganisationKind],
    band: Band,
    *,
    table: Table,
) -> list[Given]:
    """Return what the member gave alone and, by the table, could not have.

    `approved` are receipts on which somebody agreed by law. A client that is gone counts as a
    merchant: that is stricter.
    """
    alone = [
        each
        for each in consents
        if each.ended_at is None
        and each.decision is Decision.GIVEN
        and each.receipt_id not in approved
    ]
    found = []
    for purpose_id, group in groupby(sorted(alone, key=_purpose_of), key=_purpose_of):
        rows = list(group)
        kind = kinds.get(rows[0].client_id, OrganisationKind.MERCHANT)
        given = frozenset(each.claim for each in rows)
        if representation.voice_of(band, kind, given, table=table) is not Voice.ALONE:
            found.append(Given(rows[0].client_id, purpose_id))
    return found


def _purpose_of(consent: Consent) -> UUID:
    return consent.purpose_id


def approved_by_law(session: Session, member_id: UUID) -> frozenset[UUID]:
    """Return the receipts on which a guardian or an assistant agreed."""
    rows = session.scalars(
        select(Receipt.id).where(
            Receipt.member_id == member_id,
            Receipt.approver_id.is_not(None),
            Receipt.relation != Relation.PROXY.value,
        )
    )
    return frozenset(rows)


def shorten(session: Session, *, member_id: UUID, until: datetime) -> None:
    """Let what was approved by law end when the member comes of age, at the latest."""
    session.execute(
        update(Consent)
        .where(
            Consent.member_id == member_id,
            Consent.ended_at.is_(None),
            Consent.expires_at > until,
            Consent.receipt_id.in_(approved_by_law(session, member_id)),
        )
        .values(expires_at=until)
        .execution_options(synchronize_session=False)
    )
