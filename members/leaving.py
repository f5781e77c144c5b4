"""Let a member pause the account, or leave for good: asked, waited for, cancelled or done (10-I).

What is done at the end is gone for ever: the data key is destroyed with the data. A pseudonym
stays, to which the ledger's lines belong. Backups made before hold both (docs/decisions/0031).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, tuple_, update
from sqlalchemy.orm import Session

from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id, new_reference
from members.application_models import Application, Invitation
from members.models import AccountDeletion, LegalHold, Member, Standing, SubjectRequest
from members.number_models import HeldNumber

REMIND_BEFORE = timedelta(days=1)
ERASED = b""  # what stands where a sealed value stood
_PENDING = (AccountDeletion.executed_at.is_(None), AccountDeletion.cancelled_at.is_(None))


def pause(session: Session, member_id: UUID, *, now: datetime) -> bool:
    """Let nobody sign in or be told anything until the member resumes; False if none was active."""
    return _stand(session, member_id, Standing.ACTIVE, Standing.PAUSED, now=now)


def resume(session: Session, member_id: UUID, *, now: datetime) -> bool:
    """End a pause; False if there was none."""
    return _stand(session, member_id, Standing.PAUSED, Standing.ACTIVE, now=now)


def _stand(
    session: Session, member_id: UUID, before: Standing, after: Standing, *, now: datetime
) -> bool:
    moved = session.execute(
        update(Member)
        .where(Member.id == member_id, Member.standing == before)
        .values(standing=after, standing_at=now)
    )
    return changed(moved) == 1


def ask(
    session: Session, member_id: UUID, *, wait: timedelta, language: str, now: datetime
) -> AccountDeletion:
    """Let the account be deleted after `wait`. Raises Refused `account.deletion_pending`."""
    deletion_id = new_id()
    values = {
        "id": deletion_id,
        "reference": new_reference(),
        "member_id": member_id,
        "language": language,
        "asked_at": now,
        "due_at": now + wait,
    }
    if not insert_once(session, AccountDeletion, values):
        raise Refused("account.deletion_pending")
    return session.get_one(AccountDeletion, deletion_id)


def pending(session: Session, member_id: UUID) -> AccountDeletion | None:
    """Return the deletion the member asked for and can still cancel."""
    return session.scalar(
        select(AccountDeletion).where(AccountDeletion.member_id == member_id, *_PENDING)
    )


def all_of(session: Session, member_id: UUID) -> Sequence[AccountDeletion]:
    """Return every deletion the member asked for, the oldest first."""
    return session.scalars(
        select(AccountDeletion)
        .where(AccountDeletion.member_id == member_id)
        .order_by(AccountDeletion.id)
    ).all()


def get(session: Session, reference: str) -> AccountDeletion:
    """Return a deletion by its number. Raises NotFound."""
    found = None
    if reference.isascii() and reference.isalnum():
        where = AccountDeletion.reference == reference.upper()
        found = session.scalar(select(AccountDeletion).where(where))
    if found is None:
        raise NotFound("account.deletion_not_found")
    return found


def cancel(session: Session, member_id: UUID, *, now: datetime) -> None:
    """Keep the account. Raises NotFound if it is not to be deleted, or already was.

    The member is locked before the deletion, as by whoever carries it out: else both would wait.
    """
    lock(session, member_id)
    cancelled = session.execute(
        update(AccountDeletion)
        .where(AccountDeletion.member_id == member_id, *_PENDING)
        .values(cancelled_at=now)
    )
    if not changed(cancelled):
        raise NotFound("account.deletion_not_found")


def put_off(session: Session, member_id: UUID, *, stopped_at: datetime, now: datetime) -> None:
    """Let the wait go on where an order stopped it: meanwhile its member could not cancel."""
    asked = pending(session, member_id)
    if asked is None:
        return
    left = max(asked.due_at - stopped_at, REMIND_BEFORE)
    session.execute(
        update(AccountDeletion)
        .where(AccountDeletion.id == asked.id, *_PENDING)
        .values(due_at=now + left, reminded_at=None)
    )


def due(
    session: Session, *, after: AccountDeletion | None = None, most: int, now: datetime
) -> Sequence[AccountDeletion]:
    """Return deletions whose day has come, the longest waiting first; those behind `after`."""
    statement = select(AccountDeletion).where(AccountDeletion.due_at <= now, *_PENDING)
    if after is not None:
        place = tuple_(AccountDeletion.due_at, AccountDeletion.id)
        statement = statement.where(place > tuple_(after.due_at, after.id))
    ordered = statement.order_by(AccountDeletion.due_at, AccountDeletion.id)
    return session.scalars(ordered.limit(most)).all()


def take(session: Session, deletion_id: UUID, *, now: datetime) -> bool:
    """Take one deletion to be done in this transaction; False if it was cancelled or done."""
    taken = session.execute(
        update(AccountDeletion)
        .where(AccountDeletion.id == deletion_id, AccountDeletion.due_at <= now, *_PENDING)
        .values(executed_at=now)
    )
    return changed(taken) == 1


def to_remind(session: Session, *, most: int, now: datetime) -> Sequence[AccountDeletion]:
    """Return deletions of the coming day whose members were not reminded; now they are.

    Who was suspended, or died, is not written to.
    """
    may_sign_in = select(Member.id).where(Member.standing.in_((Standing.ACTIVE, Standing.PAUSED)))
    found = session.scalars(
        select(AccountDeletion)
        .where(
            AccountDeletion.due_at <= now + REMIND_BEFORE,
            AccountDeletion.due_at > now,
            AccountDeletion.reminded_at.is_(None),
            AccountDeletion.member_id.in_(may_sign_in),
            *_PENDING,
        )
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    for each in found:
        each.reminded_at = now
    return found


def lock(session: Session, member_id: UUID) -> Member:
    """Return the member and let nothing be agreed to in their name meanwhile."""
    statement = select(Member).where(Member.id == member_id).with_for_update()
    return session.scalars(statement.execution_options(populate_existing=True)).one()


def erase(session: Session, member: Member, *, now: datetime) -> None:
    """Destroy the data key and everything sealed; the account name is free again."""
    member.standing, member.standing_at = Standing.CLOSED, now
    member.login = f"/{member.id}"  # a name nobody can choose: it says nothing
    member.data_key_sealed = ERASED
    member.profile_sealed = ERASED
    session.execute(
        update(SubjectRequest)
        .where(SubjectRequest.member_id == member.id)
        .values(words_sealed=ERASED)
    )
    session.execute(delete(HeldNumber).where(HeldNumber.member_id == member.id))
    session.execute(delete(Application).where(Application.member_id == member.id))
    session.execute(delete(Invitation).where(Invitation.member_id == member.id))
    session.flush()


# Orders to keep a record


def hold(session: Session, member_id: UUID, *, case_number: str, now: datetime) -> LegalHold:
    """Keep the member's record for a case. Raises Refused `hold.case_missing`."""
    if not case_number.strip():
        raise Refused("hold.case_missing")
    placed = LegalHold(
        id=new_id(), member_id=member_id, case_number=case_number.strip()[:64], placed_at=now
    )
    session.add(placed)
    session.flush()
    return placed


def lift(session: Session, member_id: UUID, *, case_number: str, now: datetime) -> None:
    """End what a case demanded. Raises NotFound if it demands nothing."""
    lifted = session.execute(
        update(LegalHold)
        .where(
            LegalHold.member_id == member_id,
            LegalHold.case_number == case_number.strip(),
            LegalHold.lifted_at.is_(None),
        )
        .values(lifted_at=now)
    )
    if not changed(lifted):
        raise NotFound("hold.not_found")


def require_no_hold(session: Session, member_id: UUID, *, now: datetime) -> None:
    """Keep a record that a case demands. Raises Refused `account.deletion_hold`."""
    del now  # an order stands until it is lifted
    stands = select(LegalHold.id).where(
        LegalHold.member_id == member_id, LegalHold.lifted_at.is_(None)
    )
    if session.scalar(stands.limit(1)) is not None:
        raise Refused("account.deletion_hold")
