"""Delete what stayed of a closed account once its five years are over (PDPA 11-III; 0173)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, delete, exists, func, select
from sqlalchemy.orm import Session

from consent.models import Receipt
from kernel.db import Sessions, transaction
from kernel.ids import first_id_at
from members.models import AccountDeletion, LegalHold, Member, SubjectRequest
from web.cli.console import Advance

KEPT_FOR = timedelta(days=5 * 365 + 2)  # as who leaves reads before they decide; never too short
# What `web.closing` keeps by a member's id; consents go along with their receipts. The ledger
# stays, and the member's row, which is nothing but the pseudonym in it.
OF_THE_MEMBER = (Receipt, SubjectRequest, LegalHold)

Over = Row[UUID, UUID, datetime | None]


def run(make: Sessions, *, now: datetime, batch: int, advance: Advance) -> dict[str, int]:
    """Delete it, each batch of accounts in a transaction of its own; return the counts by table."""
    models = (*OF_THE_MEMBER, AccountDeletion)
    counts = dict.fromkeys((each.__tablename__ for each in models), 0)
    while True:
        with transaction(make) as session:
            found = _over(session, ended_before=now - KEPT_FOR, batch=batch)
            done = _delete(session, _not_held(session, found)) if found else {}
        for table, count in done.items():
            counts[table] += count
            advance(count)
        if len(found) < batch:
            return counts


def _over(session: Session, *, ended_before: datetime, batch: int) -> Sequence[Over]:
    """Return the wishes that came to their end so long ago; their ids are in order of time."""
    ended = func.coalesce(AccountDeletion.executed_at, AccountDeletion.cancelled_at)
    is_held = exists().where(
        LegalHold.member_id == AccountDeletion.member_id, LegalHold.lifted_at.is_(None)
    )
    asked = select(AccountDeletion.id, AccountDeletion.member_id, AccountDeletion.executed_at)
    chosen = asked.where(
        AccountDeletion.id < first_id_at(ended_before), ended < ended_before, ~is_held
    )
    return session.execute(chosen.order_by(AccountDeletion.id).limit(batch)).all()


def _not_held(session: Session, found: Sequence[Over]) -> Sequence[Over]:
    """Return those that no order keeps, asked once no order can be placed any more."""
    members = {each.member_id for each in found}
    lock = select(Member.id).where(Member.id.in_(members)).order_by(Member.id).with_for_update()
    session.execute(lock)  # an order names its member, so it waits or is seen
    held = set(
        session.scalars(
            select(LegalHold.member_id).where(
                LegalHold.member_id.in_(members), LegalHold.lifted_at.is_(None)
            )
        )
    )
    return [each for each in found if each.member_id not in held]


def _delete(session: Session, found: Sequence[Over]) -> dict[str, int]:
    closed = [each.member_id for each in found if each.executed_at is not None]
    done = {}
    for model in OF_THE_MEMBER:
        statement = delete(model).where(model.member_id.in_(closed))
        done[model.__tablename__] = session.connection().execute(statement).rowcount
    wishes = delete(AccountDeletion).where(AccountDeletion.id.in_([each.id for each in found]))
    done[AccountDeletion.__tablename__] = session.connection().execute(wishes).rowcount
    return done
