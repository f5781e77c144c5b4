"""Count attempts in the database, so that a limit holds across threads, processes and nodes.

An attempt is counted before its work begins: workers racing each other can never do more than
the limit allows. What is counted is known only by a keyed hash: the table names nobody.
Call each function in a transaction of its own (`kernel.db.transaction`), or a rollback undoes it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from ipaddress import IPv6Address, IPv6Network, ip_address

from sqlalchemy import (
    Index,
    Integer,
    LargeBinary,
    and_,
    bindparam,
    case,
    delete,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from kernel import metrics
from kernel.db import Base, Moment
from kernel.keyring import keyed_hash
from kernel.prebuilt import Prebuilt


class Throttle(Base):
    """How often something was tried, and until when it may not be tried again."""

    __tablename__ = "throttle"
    __table_args__ = (Index(None, "window_ends_at"),)

    key: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    hits: Mapped[int]
    window_ends_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]


_CLEAR = Prebuilt(delete(Throttle).where(Throttle.key == bindparam("of")))
_FORGIVE = Prebuilt(
    update(Throttle)
    .where(Throttle.key == bindparam("of"), Throttle.hits > 0)
    .values(hits=Throttle.hits - 1, locked_until=None)
)


@dataclass(frozen=True)
class Verdict:
    """Whether an attempt may go on, and if not, when the next may."""

    allowed: bool
    retry_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Policy:
    """One kind of limit: `limit` attempts within `window`, then nothing for `lockout`."""

    name: str
    limit: int
    window: timedelta
    lockout: timedelta

    def key(self, value: str, *, secret: bytes) -> bytes:
        """Return the key under which attempts concerning `value` are counted."""
        return keyed_hash(secret, "throttle", self.name, value)

    def hit(self, session: Session, key: bytes, *, now: datetime) -> Verdict:
        """Count one attempt by this policy's numbers; see `hit`."""
        numbers = {"window": self.window, "lockout": self.lockout}
        verdict = hit(session, key, limit=self.limit, now=now, **numbers)
        if not verdict.allowed:
            metrics.THROTTLED.labels(self.name).inc()
        return verdict


# Five failures lock an account for a quarter of an hour (control table of the Cyber Security
# Management Act). The window is a day, so that guessing slowly does not go unnoticed. The value is
# the account name as typed and normalised: strangers and members are counted alike.
ACCOUNT = Policy(name="account", limit=5, window=timedelta(hours=24), lockout=timedelta(minutes=15))
# The value is `network_of(address)`. Whole schools share one address, so the caller forgives
# what succeeded and only failures add up.
ADDRESS = Policy(
    name="address", limit=30, window=timedelta(minutes=5), lockout=timedelta(minutes=5)
)


@cache
def _counting(dialect: str) -> Prebuilt:
    now = bindparam("now", type_=Moment())
    limit = bindparam("limit", type_=Integer())
    locked_until = bindparam("locked_until", type_=Moment())
    window_ends_at = bindparam("window_ends_at", type_=Moment())
    starts_anew = or_(Throttle.locked_until <= now, Throttle.window_ends_at <= now)
    hits = case((starts_anew, 1), else_=Throttle.hits + 1)
    insert = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(Throttle).values(
        key=bindparam("key", type_=LargeBinary(32)),
        hits=1,
        window_ends_at=window_ends_at,
        locked_until=case((limit <= 1, locked_until), else_=null()),
    )
    counting = insert.on_conflict_do_update(
        index_elements=[Throttle.key],
        set_={
            "hits": hits,
            "window_ends_at": case((starts_anew, window_ends_at), else_=Throttle.window_ends_at),
            "locked_until": case((hits >= limit, locked_until), else_=null()),
        },
        where=or_(Throttle.locked_until.is_(None), Throttle.locked_until <= now),
    ).returning(Throttle.hits)
    return Prebuilt(counting)


def hit(
    session: Session,
    key: bytes,
    *,
    limit: int,
    window: timedelta,
    lockout: timedelta,
    now: datetime,
) -> Verdict:
    """Count one attempt and say whether it may go on.

    The attempt that reaches `limit` may go on and locks what follows, unless `clear` or
    `forgive` takes it back. A refused attempt is not counted and does not prolong the lock.
    """
    values = {
        "key": key,
        "now": now,
        "limit": limit,
        "locked_until": now + lockout,
        "window_ends_at": now + window,
    }
    counting = _counting(session.get_bind().dialect.name)
    counted = counting.one_or_none(session, values)
    return Verdict(allowed=True) if counted is not None else _refused(session, key)


def _refused(session: Session, key: bytes) -> Verdict:
    retry_at = session.scalar(select(Throttle.locked_until).where(Throttle.key == key))
    return Verdict(allowed=False, retry_at=retry_at)


def is_locked(session: Session, key: bytes, *, now: datetime) -> bool:
    """Say whether attempts are refused at present, without counting one."""
    retry_at = session.scalar(select(Throttle.locked_until).where(Throttle.key == key))
    return retry_at is not None and retry_at > now


def clear(session: Session, key: bytes) -> None:
    """Forget all attempts: the right person came through."""
    _CLEAR.write(session, {"of": key})


def forgive(session: Session, key: bytes) -> None:
    """Take one attempt back, and the lock it brought: it was no failure."""
    _FORGIVE.write(session, {"of": key})


def purge(session: Session, *, now: datetime) -> None:
    """Delete what no longer counts."""
    is_over = and_(
        Throttle.window_ends_at <= now,
        or_(Throttle.locked_until.is_(None), Throttle.locked_until <= now),
    )
    session.execute(delete(Throttle).where(is_over))


def network_of(address: str) -> str:
    """Return what one subscriber is counted under: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((int(parsed), 64), strict=False))
