"""Delete accounts whose day has come: all of one member in one transaction, or nothing of it.

Every table that belongs to a member is emptied of them, unless KEPT gives a reason; a new table is
erased without anybody having to think of it. A worker that dies leaves no half: the next begins
anew. Two workers do no harm: the deletion is taken by one conditional UPDATE.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog
from sqlalchemy import ForeignKey, Table, delete, update
from sqlalchemy.orm import Session

import migrations
from audit import footprint, trail
from audit.lines import Kind
from clients import officers
from idp import deletion_proofs, grants, member_notices
from idp.models import GrantEnd
from kernel import clock, throttle
from kernel.db import transaction
from kernel.errors import Refused
from members import guardians, holding, leaving, requests, standings
from members.models import AccountDeletion, Member
from web import consent_endings, notices, request_making
from web.login import LOCK_NOTICES
from web.mails import Mail
from web.rooms import Rooms

BATCH = 50


class Block(Protocol):
    """Refuse with the reason why a member cannot leave yet."""

    def __call__(self, session: Session, member_id: UUID, *, now: datetime) -> None:
        """Raise Refused `account.deletion_…`, or do nothing."""


# Each refuses with the reason why a member cannot leave yet; other rooms add theirs here.
BLOCKS: Sequence[Block] = (
    leaving.require_no_hold,
    standings.require_none_open,
    guardians.require_no_wards,
    officers.require_no_post,
)

KEPT: Mapping[str, str] = {  # by table; the pages say why and for how long
    "consent": "consent_records",
    "consent_receipt": "consent_records",
    "subject_request": "request_records",
    "account_deletion": "deletion_proof",
    "legal_hold": "deletion_proof",
    "member": "pseudonym",
    "ledger": "pseudonym",
}


def require_free(session: Session, member_id: UUID, *, now: datetime) -> None:
    """Refuse while something keeps the member. Raises Refused `account.deletion_…`."""
    for block in BLOCKS:
        block(session, member_id, now=now)


def run(rooms: Rooms, *, now: datetime) -> int:
    """Remind who leaves within a day, then delete what is due; return how many accounts went.

    While a later version is being installed nobody is deleted: its tables are not known here.
    """
    _remind(rooms, now=now)
    gone, last, at = 0, None, clock.going_on_from(now)
    while found := _due(rooms, last, now=now):  # whoever is kept holds up nobody behind them
        gone += sum(_delete_one(rooms, each.id, each.member_id, now=at()) for each in found)
        last = found[-1]
    return gone


def _due(rooms: Rooms, last: AccountDeletion | None, *, now: datetime) -> Sequence[AccountDeletion]:
    with transaction(rooms.sessions) as session:
        if migrations.is_newer(session.scalar(migrations.STANDS_AT)):
            return ()
        return leaving.due(session, after=last, most=BATCH, now=now)


def _remind(rooms: Rooms, *, now: datetime) -> None:
    with transaction(rooms.sessions) as session:
        for each in leaving.to_remind(session, most=BATCH, now=now):
            notices.mail(
                session,
                Mail.DELETION_SOON,
                member_id=each.member_id,
                language=each.language,
                now=now,
            )


def _delete_one(rooms: Rooms, deletion_id: UUID, member_id: UUID, *, now: datetime) -> bool:
    try:
        with transaction(rooms.sessions) as session:
            holding.hold(session, member_id)
            member = leaving.lock(session, member_id)  # a hold waits from here on, or was seen
            if not leaving.take(session, deletion_id, now=now):
                return False
            require_free(session, member_id, now=now)
            deletion = session.get_one(AccountDeletion, deletion_id)
            _delete(session, rooms, deletion, member, now=now)
    except Refused as refused:
        structlog.get_logger().info("deletion.blocked", reason=refused.code, id=str(deletion_id))
        return False
    return True


def _delete(
    session: Session, rooms: Rooms, deletion: AccountDeletion, member: Member, *, now: datetime
) -> None:
    told = {
        client_id
        for client_id in request_making.recipients(session, member.id)
        if member_notices.enqueue_purged(session, client_id, member_id=member.id, now=now)
    }
    consent_endings.left(session, member.id, told=told, now=now)
    grants.end_for_member(session, member.id, reason=GrantEnd.STANDING, now=now)
    requests.close_all(session, member.id, now=now)
    _forget_attempts(session, rooms, member)
    erased = [_empty(session, key, member.id) for key in members_keys()]
    leaving.erase(session, member, now=now)
    number = deletion.reference
    footprint.record(session, Kind.DELETED, member_id=member.id, now=now, reference=number)
    trail.record(
        session, "member.deleted", actor=member.id, subject=member.id, now=now, reference=number
    )
    deletion.proof = deletion_proofs.sign(
        rooms.provider.keys.signer(session, now=now),
        issuer=rooms.provider.issuer,
        reference=number,
        asked_at=deletion.asked_at,
        erased=sorted({"member", *erased}),
        kept=sorted(set(KEPT.values())),
        told=len(told),
        now=now,
    )


def _forget_attempts(session: Session, rooms: Rooms, member: Member) -> None:
    """Forget the counters of the account name: their keys are hashes of it."""
    for policy in (throttle.ACCOUNT, LOCK_NOTICES):
        throttle.clear(session, policy.key(member.login, secret=rooms.throttle_key))


def members_keys() -> Iterator[ForeignKey]:
    """Return where tables that are not kept name a member, those that refer to others first."""
    for table in reversed(migrations.metadata().sorted_tables):
        if table.name not in KEPT:
            yield from _keys(table)


def _keys(table: Table) -> Iterator[ForeignKey]:
    for key in table.foreign_keys:
        if key.column.table.name == Member.__tablename__:
            yield key


def _empty(session: Session, key: ForeignKey, member_id: UUID) -> str:
    """Delete the member's rows; another person's that only name the member forget the name."""
    table, is_theirs = key.parent.table, key.parent == member_id
    if key.ondelete == "SET NULL":
        session.execute(update(table).where(is_theirs).values({key.parent.name: None}))
    else:
        session.execute(delete(table).where(is_theirs))
    return str(table.name)
