"""Keep the ledger of consents: what was decided, when, on which text; and end them."""

import hashlib
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from clients.directory import RegisteredClient, RegisteredPurpose
from consent import receipts
from consent.acting import Acting
from consent.models import Consent, ConsentText, Decision, EndReason, Receipt
from consent.parts import Part
from consent.rules import Decided
from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from kernel.prebuilt import Prebuilt, Row
from members.models import Member, Relation

ONCE = "once"
ONCE_LASTS = timedelta(hours=1)
DAYS = {"90d": 90, "1y": 365}

# What a decision in force is read from; others join it to what they look up (`decided`).
COLUMNS = (
    Consent.claim,
    Consent.decision,
    Consent.text_version,
    Consent.given_at,
    Consent.expires_at,
    Consent.once,
    Consent.receipt_id,
)
IN_FORCE = Consent.ended_at.is_(None)
_DECISIONS = Prebuilt(
    select(*COLUMNS).where(
        IN_FORCE,
        Consent.member_id == bindparam("member_id"),
        Consent.purpose_id == bindparam("purpose_id"),
    )
)
_RECEIPT = Prebuilt(insert(Receipt), given=[each.name for each in Receipt.__table__.columns])
_CONSENT = Prebuilt(
    insert(Consent),
    given=(
        "id receipt_id member_id client_id purpose_id claim decision text_version given_at "
        "expires_at once"
    ).split(),
)
_LOCK = Prebuilt(
    select(Member.id).where(Member.id == bindparam("member_id")).with_for_update(), locks=True
)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a member submitted on the consent page."""

    given: frozenset[str]
    refused: frozenset[str]
    duration: str  # a key of `durations`
    language: str
    text: str
    acr: str
    part: Part = Part.WHOLE
    until: datetime | None = None  # ends then at the latest


@dataclass(frozen=True, kw_only=True)
class Approval:
    """Who agreed in the member's stead, and when their word ends."""

    approver_id: UUID
    relation: Relation
    until: datetime | None


def decisions(session: Session, *, member_id: UUID, purpose_id: UUID) -> tuple[Decided, ...]:
    """Return the member's decisions in force for one purpose, expired ones included."""
    rows = _DECISIONS.all(session, {"member_id": member_id, "purpose_id": purpose_id})
    return decided(rows, purpose_id=purpose_id)


def decided(rows: Iterable[Row], *, purpose_id: UUID) -> tuple[Decided, ...]:
    """Return the decisions that stand in rows of `COLUMNS`."""
    return tuple(
        Decided(
            purpose_id=purpose_id,
            claim=row.claim,
            given=row.decision is Decision.GIVEN,
            text_version=row.text_version,
            given_at=row.given_at,
            expires_at=row.expires_at,
            once=row.once,
            receipt_id=row.receipt_id,
        )
        for row in rows
    )


def durations(purpose: RegisteredPurpose) -> tuple[str, ...]:
    """Return the durations a member may choose from, never longer than the approval."""
    return (ONCE, *(name for name, days in DAYS.items() if days <= purpose.max_days))


def _ends_at(duration: str, purpose: RegisteredPurpose, *, now: datetime) -> datetime:
    if duration not in durations(purpose):
        raise Refused("consent.duration_not_offered")
    if duration == ONCE:
        return now + ONCE_LASTS
    return now + timedelta(days=DAYS[duration])


def record(
    session: Session,
    client: RegisteredClient,
    purpose: RegisteredPurpose,
    answer: Answer,
    *,
    member_id: UUID,
    now: datetime,
    approval: Approval | None = None,
) -> UUID:
    """Write one submission of the consent page and return its receipt's id.

    Earlier decisions about the same claims are superseded, not overwritten. What a guardian
    approved ends when the member comes of age at the latest. Raises Refused
    `consent.duration_not_offered` or `consent.claim_not_asked`.
    """
    limits = [_ends_at(answer.duration, purpose, now=now), answer.until]
    limits.append(None if approval is None else approval.until)
    expires_at = min(each for each in limits if each is not None)
    claims = answer.given | answer.refused
    if not claims <= purpose.approved | {"sub"}:
        raise Refused("consent.claim_not_asked")
    session.flush()  # the connection sees what the ORM has written, not what it still holds
    lock_member(session, member_id)
    standing = decisions(session, member_id=member_id, purpose_id=purpose.id)
    if any(each.claim in claims for each in standing):
        _end(
            session, EndReason.SUPERSEDED, claims, member_id=member_id, purpose=purpose.id, now=now
        )
    receipt_id = new_id()
    text_sha256 = _keep_text(session, client, purpose, answer)
    receipt = {
        "id": receipt_id,
        "member_id": member_id,
        "client_id": client.id,
        "purpose_id": purpose.id,
        "text_sha256": text_sha256,
        "text_version": purpose.text_version,
        "part": answer.part,
        "language": answer.language,
        "acr": answer.acr,
        "decided_at": now,
        "approver_id": None if approval is None else approval.approver_id,
        "relation": None if approval is None else approval.relation.value,
    }
    _RECEIPT.write(session, receipt)
    for claim in sorted(claims):
        _CONSENT.write(
            session,
            {
                "id": new_id(),
                "receipt_id": receipt_id,
                "member_id": member_id,
                "client_id": client.id,
                "purpose_id": purpose.id,
                "claim": claim,
                "decision": Decision.GIVEN if claim in answer.given else Decision.REFUSED,
                "text_version": purpose.text_version,
                "given_at": now,
                "expires_at": expires_at,
                "once": answer.duration == ONCE,
            },
        )
    return receipt_id


def lock_member(session: Session, member_id: UUID) -> None:
    """Let whoever else writes about this member's consents wait: the first lock of each of them.

    Two tabs answering at once would both find nothing to supersede.
    """
    _LOCK.all(session, {"member_id": member_id})


def _keep_text(
    session: Session, client: RegisteredClient, purpose: RegisteredPurpose, answer: Answer
) -> bytes:
    sha256 = hashlib.sha256(answer.text.encode()).digest()
    values = {
        "sha256": sha256,
        "language": answer.language,
        "body": answer.text,
        # Of every claim: the next one to read these words may decide on others of them.
        "facts": receipts.facts_of(
            client, purpose, purpose.approved | {"sub"}, language=answer.language
        ),
    }
    insert_once(session, ConsentText, values)  # another worker may be keeping the same words
    return sha256


def _end(
    session: Session,
    reason: EndReason,
    claims: AbstractSet[str] | None,
    *,
    member_id: UUID,
    purpose: UUID,
    now: datetime,
    by: Acting | None = None,
) -> int:
    statement = update(Consent).where(
        Consent.member_id == member_id,
        Consent.purpose_id == purpose,
        Consent.ended_at.is_(None),
    )
    if claims is not None:
        statement = statement.where(Consent.claim.in_(sorted(claims)))
    values = {"ended_at": now, "end_reason": reason}
    if by is not None:
        values |= {"ended_by": by.by, "ended_as": by.relation.value}
    return changed(session.execute(statement.values(values)))


def withdraw(
    session: Session,
    *,
    member_id: UUID,
    purpose_id: UUID,
    now: datetime,
    by: Acting | None = None,
) -> UUID:
    """End everything the member agreed to for one purpose; return the client it was given to.

    `by` is who does it in the member's stead. The caller ends the grants that rest on it in the
    same transaction (`idp.grants.end`). Raises NotFound if there is nothing.
    """
    client_id = session.scalar(
        select(Consent.client_id)
        .where(
            Consent.member_id == member_id,
            Consent.purpose_id == purpose_id,
            Consent.ended_at.is_(None),
        )
        .limit(1)
    )
    ended = _end(
        session,
        EndReason.WITHDRAWN,
        None,
        member_id=member_id,
        purpose=purpose_id,
        now=now,
        by=by,
    )
    if client_id is None or not ended:
        raise NotFound("consent.not_found")
    return client_id


def overrule(session: Session, *, member_id: UUID, purpose_id: UUID, now: datetime) -> None:
    """End everything agreed to for a purpose that was never the member's alone to give."""
    _end(session, EndReason.OVERRULED, None, member_id=member_id, purpose=purpose_id, now=now)


def listed(session: Session, *, member_id: UUID) -> Sequence[Consent]:
    """Return every consent the member ever gave, the newest first."""
    return session.scalars(
        select(Consent).where(Consent.member_id == member_id).order_by(Consent.id.desc())
    ).all()


def approved_receipts(session: Session, *, member_id: UUID) -> frozenset[UUID]:
    """Return the member's receipts on which another agreed in their stead."""
    rows = session.scalars(
        select(Receipt.id).where(Receipt.member_id == member_id, Receipt.approver_id.is_not(None))
    )
    return frozenset(rows)


def purposes_of(session: Session, *, member_id: UUID) -> list[UUID]:
    """Return the purposes about which a decision of the member was not ended yet."""
    rows = session.scalars(
        select(Consent.purpose_id)
        .where(Consent.member_id == member_id, Consent.ended_at.is_(None))
        .distinct()
    )
    return sorted(rows)


def live_purposes(session: Session, *, member_id: UUID, now: datetime) -> frozenset[UUID]:
    """Return the purposes for which a consent of the member is in force."""
    rows = session.scalars(
        select(Consent.purpose_id)
        .where(Consent.member_id == member_id, Consent.ended_at.is_(None), Consent.expires_at > now)
        .distinct()
    )
    return frozenset(rows)
