"""Let a request wait for its member, who is at another device (RFC 8628; OIDC CIBA Core 1.0).

Who asked holds a secret, the handle. The member opens the request in a browser of their own and
goes the way of every sign-in; the grant it ends in takes the handle as its code. So a handle is
redeemed once, by the statement that takes codes, and used again it ends the grant (decision 0072).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, case, literal, or_, select, update
from sqlalchemy.orm import Session

from clients.directory import RegisteredClient
from clients.grant_types import CODE
from idp import authorize
from idp.client_authentication import require_in_force
from idp.errors import ProtocolError, ReturnAddress
from idp.models import AwaitedRequest, Grant, Way
from idp.provider import Provider
from idp.requests import AuthorizationRequest
from kernel import jobs
from kernel.db import insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import digest, new_id
from kernel.prebuilt import Prebuilt, Row

ADDRESS = "urn:taipei-id:awaited"  # stands where a browser's request has its redirect URI
PING = "ciba.ping"
OVER = "awaited.over"  # unknown, too old, answered: alike
LONGEST = timedelta(minutes=10)
INTERVAL = 5  # seconds between two questions (RFC 8628 3.5)
SLOWER = 5
AT_LEAST = timedelta(minutes=1)  # from a yes on, so that a poll still comes for it
EARLY = timedelta(seconds=1)  # clocks and networks are not exact
KEPT = frozenset(
    {"scope", "claims", "acr_values", "max_age", "ui_locales", "authorization_details", "resource"}
)
_columns = AwaitedRequest.__table__.columns
_FIND = Prebuilt(
    select(*_columns).where(
        AwaitedRequest.handle_hash == bindparam("hashed"),
        AwaitedRequest.client_id == bindparam("client"),
        AwaitedRequest.way == bindparam("way"),
    )
)
_OPEN = Prebuilt(
    select(*_columns).where(
        AwaitedRequest.id == bindparam("key"),
        AwaitedRequest.answered_at.is_(None),
        AwaitedRequest.expires_at > bindparam("now"),
    )
)
_TYPED = Prebuilt(
    select(*_columns).where(
        AwaitedRequest.typed_hash == bindparam("typed"),
        AwaitedRequest.answered_at.is_(None),
        AwaitedRequest.expires_at > bindparam("now"),
    )
)
_POLLED = Prebuilt(
    update(AwaitedRequest)
    .where(AwaitedRequest.id == bindparam("key"))
    .values(polled_at=bindparam("now"), interval_seconds=bindparam("seconds"))
)


@dataclass(frozen=True, kw_only=True)
class Wait:
    """How a request waits, and for whom."""

    id: UUID = field(default_factory=new_id)
    way: Way
    lifetime: timedelta
    typed_hash: bytes | None = None  # of the code a person types
    place: str = ""
    member_id: UUID | None = None  # whom a counter asks for
    number: str | None = None
    message: str | None = None
    ping_sealed: bytes | None = None


def read(
    provider: Provider,
    session: Session,
    client: RegisteredClient,
    sent: Mapping[str, str],
    *,
    awaited_id: UUID | None = None,
    now: datetime,
) -> AuthorizationRequest:
    """Return a request checked as a browser's is, but for what only a browser brings.

    Raises ProtocolError.
    """
    values = {name: sent[name] for name in KEPT if name in sent}
    values |= {"client_id": client.client_id, "response_type": "code", "redirect_uri": ADDRESS}
    for check in authorize.ALWAYS:
        check(values, client)
    to = ReturnAddress(
        ADDRESS, None, client_id=client.client_id, alg=client.id_token_alg, awaited_id=awaited_id
    )
    return authorize.understood(provider, session, client, to, values, now=now)


def keep(
    session: Session, asked: AuthorizationRequest, wait: Wait, *, handle: str, now: datetime
) -> bool:
    """Let a request wait under `handle`; False if its typed code is another's just now."""
    return insert_once(
        session,
        AwaitedRequest,
        {
            "id": wait.id,
            "way": wait.way,
            "client_id": asked.client.id,
            "parameters": asked.parameters,
            "handle_hash": digest(handle),
            "typed_hash": wait.typed_hash,
            "place": wait.place,
            "member_id": wait.member_id,
            "number": wait.number,
            "message": wait.message,
            "ping_sealed": wait.ping_sealed,
            "interval_seconds": INTERVAL,
            "asked_at": now,
            "expires_at": now + wait.lifetime,
        },
    )


def place_of(awaited_id: UUID) -> str:
    """Return where what a ping brings is sealed to."""
    return f"awaited_request/{awaited_id}"


def waiting_for(member_id: UUID, *, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of what waits for one member."""
    return (
        AwaitedRequest.member_id == member_id,
        AwaitedRequest.answered_at.is_(None),
        AwaitedRequest.expires_at > now,
    )


def listed(session: Session, member_id: UUID, *, now: datetime) -> Sequence[Row]:
    """Return what waits for a member, the oldest first."""
    statement = select(*_columns).where(*waiting_for(member_id, now=now))
    return session.execute(statement.order_by(AwaitedRequest.asked_at)).all()


def get_for(session: Session, awaited_id: UUID, *, member_id: UUID, now: datetime) -> Row:
    """Return what waits for this member. Raises NotFound, whatever else is wrong."""
    found = _OPEN.one_or_none(session, {"key": awaited_id, "now": now})
    if found is None or found.member_id != member_id:
        raise NotFound("awaited.not_found")
    return found


def is_typed(session: Session, awaited_id: UUID) -> bool:
    """Say whether it waits under a code that is typed."""
    found = session.scalar(select(AwaitedRequest.way).where(AwaitedRequest.id == awaited_id))
    return found is Way.DEVICE


def find_typed(session: Session, typed_hash: bytes, *, now: datetime) -> Row:
    """Return what waits under a typed code. Raises Refused `awaited.over`, whatever is wrong."""
    found = _TYPED.one_or_none(session, {"typed": typed_hash, "now": now})
    if found is None:
        raise Refused(OVER)
    return found


def request_of(
    provider: Provider, session: Session, awaited_id: UUID, *, now: datetime
) -> AuthorizationRequest:
    """Return what waits, understood again: its client may have changed meanwhile.

    Raises Refused `awaited.over` if nothing waits any more.
    """
    row = _OPEN.one_or_none(session, {"key": awaited_id, "now": now})
    client = None if row is None else provider.directory.find_by_id(session, row.client_id, now=now)
    if row is None or client is None:
        raise Refused(OVER)
    try:
        require_in_force(client, now=now)
        return read(provider, session, client, row.parameters, awaited_id=row.id, now=now)
    except ProtocolError:
        raise Refused(OVER) from None


def settle(
    session: Session,
    awaited_id: UUID,
    *,
    code: str | None,
    member_id: UUID | None,
    now: datetime,
) -> UUID | None:
    """Answer what waits, once: with the code of a new grant, or without one with no.

    Returns the client that waited, or None if it was answered before, is too old or waits for
    another member.
    """
    answered = session.execute(
        update(AwaitedRequest)
        .where(
            AwaitedRequest.id == awaited_id,
            AwaitedRequest.answered_at.is_(None),
            AwaitedRequest.expires_at > now,
            or_(AwaitedRequest.way == Way.DEVICE, AwaitedRequest.member_id == member_id),
        )
        .values(answered_at=now, approved=code is not None)
        .returning(AwaitedRequest.client_id, AwaitedRequest.ping_sealed)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if answered is None:
        return None
    if code is not None:
        _hand_over(session, awaited_id, code, now=now)
    if answered.ping_sealed is not None:
        jobs.enqueue(session, PING, {"awaited": str(awaited_id)}, now=now)
    client_id: UUID = answered.client_id
    return client_id


def _hand_over(session: Session, awaited_id: UUID, code: str, *, now: datetime) -> None:
    """Give the grant the handle for a code: nobody has seen the one it was made with.

    Who said yes in the last second is waited for until the next polls.
    """
    soonest = literal(now + AT_LEAST, Grant.code_expires_at.type)
    until = case((AwaitedRequest.expires_at > soonest, AwaitedRequest.expires_at), else_=soonest)
    row = select(AwaitedRequest).where(AwaitedRequest.id == awaited_id)
    session.execute(
        update(Grant)
        .where(Grant.code_hash == digest(code))
        .values(
            code_hash=row.with_only_columns(AwaitedRequest.handle_hash).scalar_subquery(),
            code_expires_at=row.with_only_columns(until).scalar_subquery(),
        )
        .execution_options(synchronize_session=False)
    )


def last_poll(row: AwaitedRequest) -> datetime:
    """Return until when a poll for it brings something: who said yes late is waited for."""
    answered_at = row.answered_at
    return row.expires_at if answered_at is None else max(row.expires_at, answered_at + AT_LEAST)


def as_code(
    session: Session, client: RegisteredClient, handle: str, *, way: Way, now: datetime
) -> dict[str, str]:
    """Return the exchange of a handle whose member agreed, in the form of a code's.

    Raises ProtocolError: `authorization_pending`, `slow_down`, `access_denied`, `expired_token`
    (RFC 8628 3.5), and `invalid_grant` for what is unknown or another client's.
    """
    row = _FIND.one_or_none(session, {"hashed": digest(handle), "client": client.id, "way": way})
    if row is None:
        raise ProtocolError("invalid_grant", "it is unknown or not yours")
    if row.approved is False:
        raise ProtocolError("access_denied", "the member said no")
    if row.approved is None and row.expires_at <= now:
        raise ProtocolError("expired_token", "nobody answered in time")
    if row.approved is None:
        raise _not_yet(row, now=now)
    return {"grant_type": CODE, "code": handle, "redirect_uri": ADDRESS}


def _not_yet(row: Row, *, now: datetime) -> ProtocolError:
    """Tell who asks too often to wait five seconds longer each time; what was asked is kept."""
    pause = timedelta(seconds=row.interval_seconds) - EARLY
    is_early = row.polled_at is not None and now < row.polled_at + pause
    seconds = row.interval_seconds + (SLOWER if is_early else 0)
    polled = {"key": row.id, "now": now, "seconds": seconds}
    return ProtocolError(
        "slow_down" if is_early else "authorization_pending",
        "the member has not answered yet",
        aftermath=lambda session: _POLLED.write(session, polled),
    )
