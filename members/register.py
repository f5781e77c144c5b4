"""Put members on record and find them again."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from kernel.errors import NotFound, Refused
from kernel.keyring import Keyring
from kernel.prebuilt import Prebuilt, Row
from members import approvals, invitations
from members.logins import normalise
from members.models import Member, Standing
from members.profile import Profile, open_claims, seal_profile

_READ = Prebuilt(select(*Member.__table__.columns).where(Member.id == bindparam("key")))


def add(
    session: Session, login: str, profile: Profile, *, keyring: Keyring, now: datetime
) -> Member:
    """Enter a member nobody applied to become: for demonstration and bootstrap only.

    Raises Refused `member.already_exists` if the account name is taken.
    """
    name = normalise(login)
    if not name or name.startswith("/"):  # what begins so was somebody's who left
        raise Refused("member.login_empty")
    if session.scalar(select(Member.id).where(Member.login == name)) is not None:
        raise Refused("member.already_exists")
    approval_id = approvals.by_bootstrap(session, now=now)
    return _enter(session, approval_id, name, profile, keyring=keyring, now=now)


def admit(
    session: Session, approval_id: UUID, profile: Profile, *, keyring: Keyring, now: datetime
) -> Member:
    """Enter the member an approval makes; the account name is theirs to choose (2(8)1)."""
    login = f"{invitations.NEW}{approval_id}"
    return _enter(session, approval_id, login, profile, keyring=keyring, now=now)


def _enter(
    session: Session,
    approval_id: UUID,
    login: str,
    profile: Profile,
    *,
    keyring: Keyring,
    now: datetime,
) -> Member:
    """Enter the member; it bears the id of its approval, and the database insists on that."""
    data_key_sealed, profile_sealed = seal_profile(profile, keyring, member_id=approval_id)
    member = Member(
        id=approval_id,
        login=login,
        standing=Standing.ACTIVE,
        standing_at=now,
        approved_at=now,
        data_key_sealed=data_key_sealed,
        profile_sealed=profile_sealed,
    )
    session.add(member)
    session.flush()
    return member


def find_by_login(session: Session, login: str) -> Member | None:
    """Return the member with this account name, however it was typed."""
    return session.scalar(select(Member).where(Member.login == normalise(login)))


def get(session: Session, member_id: UUID) -> Member:
    """Return the member. Raises NotFound."""
    member = session.get(Member, member_id)
    if member is None:
        raise NotFound("member.not_found")
    return member


def read(session: Session, member_id: UUID) -> Row:
    """Return the member to read only: the columns without the entity. Raises NotFound."""
    session.flush()  # the statement sees what the ORM has written, not what it still holds
    row = _READ.one_or_none(session, {"key": member_id})
    if row is None:
        raise NotFound("member.not_found")
    return row


def claims_of(member: Member | Row, *, keyring: Keyring) -> dict[str, Any]:
    """Return every claim the city holds about `member`, opened."""
    return open_claims(
        keyring,
        member_id=member.id,
        data_key_sealed=member.data_key_sealed,
        profile_sealed=member.profile_sealed,
    )
