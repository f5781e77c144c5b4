"""Know which mailboxes are the members', and since when: each is shown by a code sent there.

A mailbox gets another owner sooner or later, so what was not confirmed for a year is not relied on
(REGULATION 6). The code is worked out from the check's id, as that of `members.recovery`.
"""

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from kernel.db import changed
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from kernel.keyring import Keyring, seal, unseal
from members.change_models import ContactCheck, DatumChange
from members.changes import opened
from members.models import Member
from members.profile import open_data_key
from members.recovery import code_of, plain

KEY = "contact/v1"
CODE_LIVES = timedelta(minutes=30)
TRIES = 5
CONFIRMED_FOR = timedelta(days=365)
TOLD_FOR = timedelta(days=30)  # how long the mailbox before is told of what is grave


def ask(
    session: Session, member: Member, address: str, *, keyring: Keyring, now: datetime
) -> ContactCheck:
    """Let a code be sent to an address; it is the member's when they type it."""
    check_id = new_id()
    sealed = seal(open_data_key(member, keyring=keyring), address.encode(), place=_place(check_id))
    check = ContactCheck(
        id=check_id,
        member_id=member.id,
        address_sealed=sealed,
        asked_at=now,
        expires_at=now + CODE_LIVES,
        tries=0,
    )
    session.add(check)
    session.flush()
    return check


def _place(check_id: UUID) -> str:
    return f"contact_check/{check_id}"


def address_of(check: ContactCheck, member: Member, *, keyring: Keyring) -> str:
    """Return the address a check is about."""
    data_key = open_data_key(member, keyring=keyring)
    return unseal(data_key, check.address_sealed, place=_place(check.id)).decode()


def find_address(
    session: Session, check_id: UUID, member: Member, *, keyring: Keyring
) -> str | None:
    """Return the address a check is about, None if it is gone."""
    check = session.get(ContactCheck, check_id)
    return None if check is None else address_of(check, member, keyring=keyring)


def find_former(
    session: Session, change_id: UUID, member: Member, *, keyring: Keyring
) -> str | None:
    """Return the mailbox that gave way in a change, None if there was none."""
    row = session.get(DatumChange, change_id)
    return None if row is None else opened(row, member, keyring=keyring).old


def get_open(session: Session, check_id: UUID, *, member_id: UUID, now: datetime) -> ContactCheck:
    """Return the member's check that waits for its code. Raises NotFound."""
    found = session.scalar(
        select(ContactCheck).where(
            ContactCheck.id == check_id,
            ContactCheck.member_id == member_id,
            ContactCheck.confirmed_at.is_(None),
            ContactCheck.expires_at > now,
        )
    )
    if found is None:
        raise NotFound("contact.check_not_found")
    return found


def count_try(session: Session, check_id: UUID, *, member_id: UUID) -> bool:
    """Count one try of a code, in a transaction that is kept; False if none is left."""
    counted = session.execute(
        update(ContactCheck)
        .where(
            ContactCheck.id == check_id,
            ContactCheck.member_id == member_id,
            ContactCheck.tries < TRIES,
        )
        .values(tries=ContactCheck.tries + 1)
    )
    return changed(counted) == 1


def confirm(session: Session, check_id: UUID, typed: str, *, key: bytes, now: datetime) -> None:
    """Accept the code of a check whose try was counted, once.

    Raises Refused `contact.code_wrong`.
    """
    given = plain(typed).encode("utf-8", "surrogatepass")
    if not hmac.compare_digest(given, code_of(check_id, key=key).encode()):
        raise Refused("contact.code_wrong")
    confirmed = session.execute(
        update(ContactCheck)
        .where(
            ContactCheck.id == check_id,
            ContactCheck.confirmed_at.is_(None),
            ContactCheck.expires_at > now,
        )
        .values(confirmed_at=now)
    )
    if not changed(confirmed):
        raise Refused("contact.code_wrong")


def confirmed_at(session: Session, member: Member) -> datetime:
    """Return when the member's mailbox was last shown to be theirs: at the latest when approved."""
    typed = session.scalar(
        select(func.max(ContactCheck.confirmed_at)).where(ContactCheck.member_id == member.id)
    )
    written = session.scalar(
        select(func.max(DatumChange.changed_at)).where(
            DatumChange.member_id == member.id, DatumChange.claim == "email"
        )
    )
    known = [each for each in (typed, written) if each is not None]
    return max([member.approved_at, *known])


def require_fresh(
    session: Session, member: Member, claims: Mapping[str, object], *, now: datetime
) -> None:
    """Rely on no mailbox that was not confirmed within a year.

    Raises Refused `recovery.channel_unverified`.
    """
    is_theirs = claims.get("email_verified") is True and bool(claims.get("email"))
    if not is_theirs or now - confirmed_at(session, member) >= CONFIRMED_FOR:
        raise Refused("recovery.channel_unverified")


def former(session: Session, member_id: UUID, *, now: datetime) -> list[UUID]:
    """Return the changes in which a mailbox gave way lately: it is still told of what is grave."""
    return list(
        session.scalars(
            select(DatumChange.id).where(
                DatumChange.member_id == member_id,
                DatumChange.claim == "email",
                DatumChange.old_sealed.is_not(None),
                DatumChange.changed_at > now - TOLD_FOR,
            )
        )
    )
