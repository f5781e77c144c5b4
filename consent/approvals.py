"""Keep what a member asks of who acts for them: one question a purpose, answered once by one.

Whoever settles a question takes its member first, as who corrects a record or leaves does; what is
agreed to comes last. In any other order two of them would wait for each other.
"""

from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from clients.directory import RegisteredClient, RegisteredPurpose
from consent.ledger import Answer, lock_member
from consent.models import ApprovalRequest, ApprovalState, Voice
from consent.parts import Part
from kernel.db import changed, insert_once
from kernel.errors import NotFound
from kernel.ids import new_id
from kernel.prebuilt import Prebuilt

WAITS = timedelta(days=7)
_NEWEST = Prebuilt(
    select(ApprovalRequest.id)
    .where(
        ApprovalRequest.member_id == bindparam("member"),
        ApprovalRequest.purpose_id == bindparam("purpose"),
    )
    .order_by(ApprovalRequest.id.desc())
    .limit(1)
)
_WAITING = Prebuilt(
    select(ApprovalRequest.given, ApprovalRequest.refused).where(
        ApprovalRequest.member_id == bindparam("member"),
        ApprovalRequest.purpose_id == bindparam("purpose"),
        ApprovalRequest.decided_at.is_(None),
    )
)


def ask(
    session: Session,
    client: RegisteredClient,
    purpose: RegisteredPurpose,
    answer: Answer,
    *,
    member_id: UUID,
    voice: Voice,
    until: datetime | None,
    services: Collection[str] = (),
    now: datetime,
) -> bool:
    """Put the answer before who acts for the member; return False if another tab just did.

    An earlier question about the same purpose is taken back. `until` is when a minor comes of
    age: after that nobody else has to be asked. `services` is what the client may do besides.
    """
    take_back(session, member_id=member_id, purpose_id=purpose.id, now=now)
    values = {
        "id": new_id(),
        "member_id": member_id,
        "client_id": client.id,
        "purpose_id": purpose.id,
        "voice": voice,
        "part": answer.part,
        "given": sorted(answer.given),
        "refused": sorted(answer.refused),
        "services": sorted(services),
        "duration": answer.duration,
        "language": answer.language,
        "text": answer.text,
        "text_version": purpose.text_version,
        "acr": answer.acr,
        "state": ApprovalState.WAITING,
        "asked_at": now,
        "expires_at": now + WAITS if until is None else min(now + WAITS, until),
    }
    return insert_once(session, ApprovalRequest, values)


def take_back(
    session: Session,
    *,
    member_id: UUID,
    purpose_id: UUID,
    now: datetime,
    by: UUID | None = None,
) -> bool:
    """Take the question back, by the member or who acts for them; say whether there was one."""
    lock_member(session, member_id)
    statement = (
        update(ApprovalRequest)
        .where(
            ApprovalRequest.member_id == member_id,
            ApprovalRequest.purpose_id == purpose_id,
            ApprovalRequest.decided_at.is_(None),
        )
        .values(state=ApprovalState.TAKEN_BACK, decided_at=now, decided_by=by or member_id)
    )
    return changed(session.execute(statement)) == 1


def overtake(
    session: Session, claims: AbstractSet[str], *, member_id: UUID, purpose_id: UUID, now: datetime
) -> None:
    """Take the question back if the member has now answered on any of its claims themselves.

    Before the answer is recorded: a yes that is being written meanwhile is then waited for, and
    superseded.
    """
    row = _WAITING.one_or_none(session, {"member": member_id, "purpose": purpose_id})
    if row is not None and not claims.isdisjoint([*row.given, *row.refused]):
        take_back(session, member_id=member_id, purpose_id=purpose_id, now=now)


def take_back_all(session: Session, *, member_id: UUID, now: datetime) -> int:
    """End every question that waits: whose word counts has changed. Return how many."""
    statement = (
        update(ApprovalRequest)
        .where(ApprovalRequest.member_id == member_id, ApprovalRequest.decided_at.is_(None))
        .values(state=ApprovalState.TAKEN_BACK, decided_at=now)
        .execution_options(synchronize_session=False)
    )
    return changed(session.execute(statement))


def decide(
    session: Session, request_id: UUID, state: ApprovalState, *, by: UUID, now: datetime
) -> bool:
    """Answer a question; of two who try, only one gets True."""
    whose = select(ApprovalRequest.member_id).where(ApprovalRequest.id == request_id)
    for member_id in session.scalars(whose):
        lock_member(session, member_id)
    statement = (
        update(ApprovalRequest)
        .where(
            ApprovalRequest.id == request_id,
            ApprovalRequest.decided_at.is_(None),
            ApprovalRequest.expires_at > now,
        )
        .values(state=state, decided_at=now, decided_by=by)
        .execution_options(synchronize_session=False)
    )
    return changed(session.execute(statement)) == 1


def get(session: Session, request_id: UUID) -> ApprovalRequest:
    """Return a question, answered ones included. Raises NotFound."""
    found = session.get(ApprovalRequest, request_id)
    if found is None:
        raise NotFound("approval.not_found")
    return found


def is_open(asked: ApprovalRequest, *, now: datetime) -> bool:
    """Say whether it can still be answered."""
    return asked.decided_at is None and now < asked.expires_at


def waiting(
    session: Session, ward_ids: Iterable[UUID], *, now: datetime
) -> Sequence[ApprovalRequest]:
    """Return what was asked for these members and not answered yet, the oldest first."""
    return session.scalars(
        select(ApprovalRequest)
        .where(
            ApprovalRequest.member_id.in_(list(ward_ids)),
            ApprovalRequest.decided_at.is_(None),
            ApprovalRequest.expires_at > now,
        )
        .order_by(ApprovalRequest.id)
    ).all()


def of_member(session: Session, member_id: UUID) -> Sequence[ApprovalRequest]:
    """Return everything the member asked another to agree to, the oldest first."""
    return session.scalars(
        select(ApprovalRequest)
        .where(ApprovalRequest.member_id == member_id)
        .order_by(ApprovalRequest.id)
    ).all()


def find_refused(
    session: Session,
    purpose: RegisteredPurpose,
    given: AbstractSet[str],
    *,
    member_id: UUID,
    services: Collection[str] = (),
    since: datetime,
) -> ApprovalRequest | None:
    """Return the no that was said, after `since`, to these very claims and services."""
    refused = session.scalars(
        select(ApprovalRequest)
        .where(
            ApprovalRequest.member_id == member_id,
            ApprovalRequest.purpose_id == purpose.id,
            ApprovalRequest.state == ApprovalState.REFUSED,
            ApprovalRequest.decided_at > since,
            ApprovalRequest.text_version == purpose.text_version,
        )
        .order_by(ApprovalRequest.id.desc())
    )
    asked = (given, frozenset(services))
    return next((each for each in refused if _said_of(each) == asked), None)


def _said_of(asked: ApprovalRequest) -> tuple[AbstractSet[str], AbstractSet[str]]:
    return frozenset(asked.given), frozenset(asked.services or ())


def newest(
    session: Session,
    purpose: RegisteredPurpose,
    part: Part,
    *,
    member_id: UUID,
    services: Collection[str] = (),
    since: datetime,
    now: datetime,
) -> ApprovalRequest | None:
    """Return the newest question if it says something to who began to sign in at `since`.

    An answer given before that, a question about a text since changed, one about another page and
    one that does not name all the `services` say nothing.
    """
    row = _NEWEST.one_or_none(session, {"member": member_id, "purpose": purpose.id})
    found = None if row is None else session.get(ApprovalRequest, row.id)
    if found is None or (found.text_version, found.part) != (purpose.text_version, part):
        return None
    if not frozenset(services) <= _said_of(found)[1]:
        return None
    if found.decided_at is None:
        return found if is_open(found, now=now) else None
    return found if found.decided_at >= since else None
