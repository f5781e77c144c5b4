"""Let one member act for another by a power of attorney: entered, used, ended at once (7(2)).

Whoever ends a power and whoever acts by it meet at the power's row: an act holds it until it is
written, so it happens wholly before the end or not at all. Both parties may end it at any time.
"""

import base64
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import digest, new_id
from kernel.keyring import keyed_hash
from kernel.prebuilt import Prebuilt
from members.proxy_models import Letter, Matter, PowerEnd, PowerOfAttorney, ProxyNotice

NOTICE_LASTS = timedelta(days=14)
_GIVEN = Prebuilt(
    select(PowerOfAttorney.id).where(
        PowerOfAttorney.principal_id == bindparam("principal"),
        PowerOfAttorney.ended_at.is_(None),
        PowerOfAttorney.ends_at > bindparam("now"),
    )
)


def enter(
    session: Session,
    *,
    principal_id: UUID,
    proxy_id: UUID,
    matters: Iterable[Matter],
    letter: Letter,
    reference: str,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
) -> UUID:
    """Enter a power and return its id; one that ran out makes room for the next.

    Raises Refused `poa.is_principal`, `case.poa_missing`, `case.poa_expired` or
    `poa.already_entered`.
    """
    named = sorted(set(matters))
    if principal_id == proxy_id:
        raise Refused("poa.is_principal")
    if not named or not reference.strip():
        raise Refused("case.poa_missing")
    if ends_at <= max(now, starts_at):
        raise Refused("case.poa_expired")
    parties = {"principal_id": principal_id, "proxy_id": proxy_id}
    _make_room(session, **parties, now=now)
    values = {
        "id": new_id(),
        **parties,
        "matters": [each.value for each in named],
        "letter": letter,
        "reference": reference.strip()[:64],
        "starts_at": starts_at,
        "ends_at": ends_at,
        "entered_at": now,
    }
    if not insert_once(session, PowerOfAttorney, values):
        raise Refused("poa.already_entered")
    return UUID(str(values["id"]))


def _make_room(session: Session, *, principal_id: UUID, proxy_id: UUID, now: datetime) -> None:
    session.execute(
        update(PowerOfAttorney)
        .where(
            PowerOfAttorney.principal_id == principal_id,
            PowerOfAttorney.proxy_id == proxy_id,
            PowerOfAttorney.ended_at.is_(None),
            PowerOfAttorney.ends_at <= now,
        )
        .values(ended_at=PowerOfAttorney.ends_at, end=PowerEnd.REPLACED)
    )


def _in_force(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        PowerOfAttorney.ended_at.is_(None),
        PowerOfAttorney.starts_at <= now,
        PowerOfAttorney.ends_at > now,
    )


def given_by(session: Session, principal_id: UUID, *, now: datetime) -> Sequence[PowerOfAttorney]:
    """Return the powers the member gave that are not over, one of a later day included."""
    found = _GIVEN.all(session, {"principal": principal_id, "now": now})
    if not found:  # hardly anybody gave one, and everybody's sign-in asks
        return []
    ids = [each.id for each in found]
    powers = select(PowerOfAttorney).where(PowerOfAttorney.id.in_(ids))
    return session.scalars(powers.order_by(PowerOfAttorney.id)).all()


def all_of(session: Session, member_id: UUID) -> Sequence[PowerOfAttorney]:
    """Return the powers the member gave or held, those that are over included, the oldest first."""
    either = or_(PowerOfAttorney.principal_id == member_id, PowerOfAttorney.proxy_id == member_id)
    return session.scalars(select(PowerOfAttorney).where(either).order_by(PowerOfAttorney.id)).all()


def ever(session: Session, principal_id: UUID, proxy_id: UUID) -> bool:
    """Say whether there is, or was, a power between the two."""
    any_of_them = select(PowerOfAttorney.id).where(
        PowerOfAttorney.principal_id == principal_id, PowerOfAttorney.proxy_id == proxy_id
    )
    return session.scalar(any_of_them.limit(1)) is not None


def with_many(session: Session, least: int, *, now: datetime) -> list[tuple[UUID, int]]:
    """Return the proxies who act for that many people or more, the busiest first."""
    rows = session.execute(
        select(PowerOfAttorney.proxy_id, func.count())
        .where(*_in_force(now))
        .group_by(PowerOfAttorney.proxy_id)
        .having(func.count() >= least)
        .order_by(func.count().desc(), PowerOfAttorney.proxy_id)
    )
    return [(row[0], row[1]) for row in rows]


def held_by(session: Session, proxy_id: UUID, *, now: datetime) -> Sequence[PowerOfAttorney]:
    """Return the powers in force by which the member acts for others, the oldest first."""
    return session.scalars(
        select(PowerOfAttorney)
        .where(PowerOfAttorney.proxy_id == proxy_id, *_in_force(now))
        .order_by(PowerOfAttorney.id)
    ).all()


def not_over(session: Session, member_id: UUID, *, now: datetime) -> Sequence[PowerOfAttorney]:
    """Return the powers the member gave or holds that are not over, one of a later day included."""
    of_theirs = or_(
        PowerOfAttorney.principal_id == member_id, PowerOfAttorney.proxy_id == member_id
    )
    return session.scalars(
        select(PowerOfAttorney)
        .where(of_theirs, PowerOfAttorney.ended_at.is_(None), PowerOfAttorney.ends_at > now)
        .order_by(PowerOfAttorney.id)
    ).all()


def find(
    session: Session, power_id: UUID, *, proxy_id: UUID, now: datetime
) -> PowerOfAttorney | None:
    """Return the proxy's power in force, held until this transaction ends: it acts or is over."""
    return session.scalar(
        select(PowerOfAttorney)
        .where(
            PowerOfAttorney.id == power_id, PowerOfAttorney.proxy_id == proxy_id, *_in_force(now)
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def of(session: Session, power_id: UUID) -> PowerOfAttorney:
    """Return a power, over or not. Raises NotFound."""
    found = session.get(PowerOfAttorney, power_id)
    if found is None:
        raise NotFound("poa.not_found")
    return found


def end(session: Session, power_id: UUID, why: PowerEnd, *, now: datetime) -> bool:
    """End a power at once; say whether it had not ended yet."""
    ended = session.execute(
        update(PowerOfAttorney)
        .where(PowerOfAttorney.id == power_id, PowerOfAttorney.ended_at.is_(None))
        .values(ended_at=now, end=why)
    )
    return changed(ended) == 1


# Telling the principal


def announce(session: Session, power_id: UUID, *, key: bytes, now: datetime) -> UUID:
    """Keep that the principal is told of the power, and return the notice's id."""
    notice = ProxyNotice(id=new_id(), power_id=power_id, told_at=now, expires_at=now + NOTICE_LASTS)
    notice.secret_hash = digest(secret_of(notice.id, key=key))
    session.add(notice)
    session.flush()
    return notice.id


def secret_of(notice_id: UUID, *, key: bytes) -> str:
    """Return the secret of a notice's link: worked out as the letter is written, kept nowhere."""
    return base64.urlsafe_b64encode(keyed_hash(key, "not-me/v1", str(notice_id))).decode()[:43]


def noticed(session: Session, secret: str) -> ProxyNotice:
    """Return the notice a link belongs to, used or too old as it may be. Raises NotFound."""
    found = session.scalar(select(ProxyNotice).where(ProxyNotice.secret_hash == digest(secret)))
    if found is None:
        raise NotFound("poa.not_found")
    return found


def use(session: Session, notice_id: UUID, *, now: datetime) -> bool:
    """Use a link, once and in time; say whether this was it."""
    used = session.execute(
        update(ProxyNotice)
        .where(
            ProxyNotice.id == notice_id,
            ProxyNotice.used_at.is_(None),
            ProxyNotice.expires_at > now,
        )
        .values(used_at=now)
    )
    return changed(used) == 1
