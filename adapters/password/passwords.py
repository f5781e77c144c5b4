"""Set and change passwords, remembering the last three."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from adapters.password import rules
from adapters.password.breach import BreachList
from adapters.password.hashing import Hasher
from adapters.password.models import PasswordCredential, PasswordHistory
from kernel.errors import NotFound, Refused
from members.models import Member


def set_password(
    session: Session,
    member_id: UUID,
    new: str,
    *,
    hasher: Hasher,
    breaches: BreachList,
    now: datetime,
) -> None:
    """Give the member a password that fulfils every rule.

    Whoever calls has made sure that it is the member's wish. Raises NotFound, Refused `password.…`
    as `rules` says, or Refused `login.busy`.
    """
    login = _lock(session, member_id)
    rules.require_acceptable(new, login=login, breaches=breaches)
    credential = session.get(PasswordCredential, member_id)
    former = _former(session, member_id)
    in_force = [] if credential is None else [credential.hash]
    rules.require_new(new, former=in_force + [each.hash for each in former], hasher=hasher)
    kept = hasher.hash(new)
    if credential is None:
        session.add(PasswordCredential(member_id=member_id, hash=kept, changed_at=now))
    else:
        session.add(PasswordHistory(member_id=member_id, hash=credential.hash, retired_at=now))
        credential.hash, credential.changed_at = kept, now
    _forget(session, former[rules.REMEMBERED - 1 :] if credential else [])
    session.flush()


def change_password(
    session: Session,
    member_id: UUID,
    *,
    current: str,
    new: str,
    hasher: Hasher,
    breaches: BreachList,
    now: datetime,
) -> None:
    """Replace the member's password, on showing the one in force.

    Raises Refused `password.current_wrong`, and whatever `set_password` raises. The caller counts
    the attempts: this is a way of guessing, too.
    """
    mine = PasswordCredential.member_id == member_id
    kept = session.execute(
        select(PasswordCredential.hash, PasswordCredential.changed_at).where(mine)
    ).one_or_none()
    if not _is_right(None if kept is None else kept.hash, current, hasher=hasher):
        raise Refused("password.current_wrong")
    _lock(session, member_id)
    in_force = session.scalar(select(PasswordCredential.changed_at).where(mine))
    if kept is None or in_force != kept.changed_at:  # changed while this one was compared
        raise Refused("password.current_wrong")
    set_password(session, member_id, new, hasher=hasher, breaches=breaches, now=now)


def _is_right(kept: str | None, current: str, *, hasher: Hasher) -> bool:
    try:
        return hasher.matches(kept, current)
    except Refused as refused:
        if refused.code == "login.busy":
            raise
        return False  # what could never have been set is simply wrong


def _lock(session: Session, member_id: UUID) -> str:
    """Let one change of a member pass at a time; return the account name. Raises NotFound."""
    login = session.scalar(
        select(Member.login).where(Member.id == member_id).with_for_update(key_share=True)
    )
    if login is None:
        raise NotFound("member.not_found")
    return login


def _former(session: Session, member_id: UUID) -> list[PasswordHistory]:
    newest_first = (PasswordHistory.retired_at.desc(), PasswordHistory.id.desc())
    return list(
        session.scalars(
            select(PasswordHistory)
            .where(PasswordHistory.member_id == member_id)
            .order_by(*newest_first)
        )
    )


def _forget(session: Session, rows: list[PasswordHistory]) -> None:
    if rows:
        session.execute(
            delete(PasswordHistory).where(PasswordHistory.id.in_([row.id for row in rows])),
            execution_options={"synchronize_session": False},
        )
