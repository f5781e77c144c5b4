"""End what was issued: one statement ends a grant, and with it its code and all tokens.

Where a member's sign-in itself is over, its clients are told (`idp.sign_outs`); where only what was
issued has to end, they are not.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, select, update
from sqlalchemy.orm import Session

from clients.models import Client
from clients.response_types import CODE
from idp import sign_outs
from idp.models import Grant, GrantEnd
from idp.sign_outs import SignOut
from kernel.db import Moment, changed


def end_one(session: Session, grant_id: UUID, reason: GrantEnd, *, now: datetime) -> None:
    """End one grant; one that has already ended keeps its first reason."""
    _end(session, reason, Grant.id == grant_id, now=now)


def end_for_purpose(
    session: Session, *, member_id: UUID, purpose_id: UUID, reason: GrantEnd, now: datetime
) -> None:
    """End every grant a member's consent to one purpose carried."""
    _sign_out(
        session, reason, Grant.member_id == member_id, Grant.purpose_id == purpose_id, now=now
    )


def end_for_sessions(
    session: Session, session_ids: Sequence[UUID], *, reason: GrantEnd, now: datetime
) -> list[SignOut]:
    """End every grant issued in these browser sessions; return the sign-ins that are over."""
    return _sign_out(session, reason, Grant.session_id.in_(session_ids), now=now)


def end_for_member(
    session: Session,
    member_id: UUID,
    *,
    reason: GrantEnd,
    now: datetime,
    but_session: UUID | None = None,
) -> list[SignOut]:
    """End every grant of a member: sign out everywhere, a new password, a change of standing.

    `but_session` spares what was issued in one browser session. Grants whose session is long
    gone end as well. Returns the sign-ins that are over.
    """
    spared = [] if but_session is None else [Grant.session_id.is_distinct_from(but_session)]
    return _sign_out(session, reason, Grant.member_id == member_id, *spared, now=now)


def end_for_organisation(
    session: Session,
    organisation_id: UUID,
    *,
    issued_before: datetime,
    reason: GrantEnd,
    now: datetime,
) -> None:
    """End what was issued to all clients of an organisation up to a moment."""
    clients = select(Client.id).where(Client.organisation_id == organisation_id)
    _end(session, reason, Grant.client_id.in_(clients), Grant.created_at < issued_before, now=now)


def end_for_client(session: Session, client_id: UUID, *, reason: GrantEnd, now: datetime) -> None:
    """End everything issued to one client."""
    _end(session, reason, Grant.client_id == client_id, now=now)


def end_all(session: Session, *, reason: GrantEnd, now: datetime) -> int:
    """End everything issued to anybody; return how many grants that were. Clients are not told."""
    return _end(session, reason, now=now)


def _sign_out(
    session: Session, reason: GrantEnd, *conditions: ColumnElement[bool], now: datetime
) -> list[SignOut]:
    """End grants with their sign-ins, once; let their clients be told in the same transaction.

    Also those that had ended alone, by a revocation say: their clients may still keep the member
    signed in. What comes back is what the database wrote, so a code that was being redeemed at
    this moment counts.
    """
    over = session.execute(
        update(Grant)
        .where(Grant.signed_out_at.is_(None), *conditions)
        .values(
            signed_out_at=now,
            ended_at=func.coalesce(Grant.ended_at, literal(now, Moment())),
            end_reason=func.coalesce(Grant.end_reason, literal(reason, Grant.end_reason.type)),
        )
        .returning(Grant.client_id, Grant.sub, Grant.session_id, Grant.code_used_at, Grant.request)
        .execution_options(synchronize_session=False)
    ).all()
    ended = dict.fromkeys(
        SignOut(client_id=row.client_id, sub=row.sub, session_id=row.session_id)
        for row in over
        # With a code alone, the client knows nothing of it before.
        if row.code_used_at is not None or row.request["response_type"] != CODE
    )
    sign_outs.enqueue(session, ended, now=now)
    return list(ended)


def _end(
    session: Session, reason: GrantEnd, *conditions: ColumnElement[bool], now: datetime
) -> int:
    ended = session.execute(
        update(Grant)
        .where(Grant.ended_at.is_(None), *conditions)
        .values(ended_at=now, end_reason=reason)
    )
    return changed(ended)


def last_used(session: Session, *, member_id: UUID) -> dict[UUID, datetime]:
    """Return when each purpose was last signed in to, for the account page."""
    rows = session.execute(
        select(Grant.purpose_id, func.max(Grant.created_at).label("last_at"))
        .where(Grant.member_id == member_id)
        .group_by(Grant.purpose_id)
    )
    return {row.purpose_id: row.last_at for row in rows}
