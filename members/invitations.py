"""Let a new member choose account name and password, once: no password exists before.

The secret is worked out from the invitation whenever it is written to the member, and kept nowhere;
a new one ends those before it. Whoever finds the letter needs the birth date as well.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kernel.db import changed
from kernel.errors import Refused
from kernel.ids import CODE_BYTES, digest, new_id, readable, typed_code
from kernel.keyring import Keyring, keyed_hash
from kernel.lines import printable
from members.application_models import Invitation
from members.logins import normalise
from members.models import Member

LASTS = timedelta(days=14)
SHORTEST_LOGIN = 4
NEW = "/new/"  # how a name begins that nobody can choose or type


@dataclass(frozen=True)
class Activation:
    """What a new member gets by letter or in print: good once, until `expires_at`."""

    id: UUID
    member_id: UUID
    expires_at: datetime
    secret: str = field(repr=False)


def issue(session: Session, member_id: UUID, *, keyring: Keyring, now: datetime) -> Activation:
    """Invite a member who has no account name yet; invitations before this one end."""
    session.execute(
        update(Invitation)
        .where(Invitation.member_id == member_id, Invitation.used_at.is_(None))
        .values(expires_at=now)
    )
    invitation_id = new_id()
    secret = secret_of(invitation_id, keyring=keyring)
    session.add(
        Invitation(
            id=invitation_id,
            member_id=member_id,
            secret_hash=digest(secret),
            issued_at=now,
            expires_at=now + LASTS,
        )
    )
    session.flush()
    return Activation(invitation_id, member_id, now + LASTS, secret)


def secret_of(invitation_id: UUID, *, keyring: Keyring) -> str:
    """Return the secret of an invitation."""
    key = keyring.derive("invitation/v1")
    return readable(keyed_hash(key, str(invitation_id))[:CODE_BYTES])


def find(session: Session, typed: str, *, now: datetime) -> Invitation | None:
    """Return the invitation somebody holds, if it is still good."""
    return session.scalar(
        select(Invitation).where(
            Invitation.secret_hash == digest(typed_code(typed)),
            Invitation.used_at.is_(None),
            Invitation.expires_at > now,
        )
    )


def live(session: Session, member_id: UUID, *, now: datetime) -> Invitation | None:
    """Return the member's invitation that is still good."""
    return session.scalar(
        select(Invitation).where(
            Invitation.member_id == member_id,
            Invitation.used_at.is_(None),
            Invitation.expires_at > now,
        )
    )


def is_awaited(member: Member) -> bool:
    """Say whether the member has not chosen an account name yet."""
    return member.login.startswith(NEW)


def accept(session: Session, invitation_id: UUID, login: str, *, now: datetime) -> UUID:
    """Use the invitation up and give its member the account name; return the member's id.

    Raises Refused `activation.used`, `member.login_format` or `member.login_taken`. The password
    is set by the caller in the same transaction.
    """
    used = session.execute(
        update(Invitation)
        .where(
            Invitation.id == invitation_id,
            Invitation.used_at.is_(None),
            Invitation.expires_at > now,
        )
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    if not changed(used):
        raise Refused("activation.used")
    member_id = session.scalars(
        select(Invitation.member_id).where(Invitation.id == invitation_id)
    ).one()
    _name(session, member_id, require_login(login))
    return member_id


def require_login(typed: str) -> str:
    """Return the account name as it is kept. Raises Refused `member.login_format`."""
    login, is_plain = normalise(typed), len(printable(typed)) == len(typed)
    if len(login) < SHORTEST_LOGIN or login.startswith("/") or not is_plain:
        raise Refused("member.login_format")
    if any(each.isspace() for each in login):
        raise Refused("member.login_format")
    return login


def _name(session: Session, member_id: UUID, login: str) -> None:
    """Enter the name unless somebody has it; the unique index settles who was first.

    Whoever chose one already keeps it, whatever code was issued since.
    """
    if session.scalar(select(Member.id).where(Member.login == login)) is not None:
        raise Refused("member.login_taken")
    is_awaited = Member.login.startswith(NEW, autoescape=True)
    named = update(Member).where(Member.id == member_id, is_awaited).values(login=login)
    try:
        with session.begin_nested():
            done = session.execute(named.execution_options(synchronize_session=False))
    except IntegrityError:
        raise Refused("member.login_taken") from None
    if not changed(done):
        raise Refused("activation.used")
