"""End what was issued: one statement ends a grant, and with it its code and all tokens."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from clients.models import Client
from idp.models import Grant, GrantEnd


def end_one(session: Session, grant_id: UUID, reason: GrantEnd, *, now: datetime) -> None:
    """End one grant; one that has already ended keeps its first reason."""
    _end(session, reason, Grant.id == grant_id, now=now)


def end_for_purpose(
    session: Session, *, member_id: UUID, purpose_id: UUID, reason: GrantEnd, now: datetime
) -> None:
    """End every grant a member's consent to one purpose carried."""
    _end(session, reason, Grant.member_id == member_id, Grant.purpose_id == purpose_id, now=now)


def end_for_sessions(
    session: Session, session_ids: Sequence[UUID], *, reason: GrantEnd, now: datetime
) -> None:
    """End every grant issued in these browser sessions."""
    _end(session, reason, Grant.session_id.in_(session_ids), now=now)


def end_for_member(
    session: Session,
    member_id: UUID,
    *,
    reason: GrantEnd,
    now: datetime,
    but_session: UUID | None = None,
) -> None:
    """End every grant of a member: sign out everywhere, a new password, a change of standing.

    `but_session` spares what was issued in one browser session. Grants whose session is long
    gone end as well.
    """
    spared = [] if but_session is None else [Grant.session_id.is_distinct_from(but_session)]
    _end(session, reason, Grant.member_id == member_id, *spared, now=now)


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


def _end(
    session: Session, reason: GrantEnd, *conditions: ColumnElement[bool], now: datetime
) -> None:
    session.execute(
        update(Grant)
        .where(Grant.ended_at.is_(None), *conditions)
        .values(ended_at=now, end_reason=reason)
    )


def last_used(session: Session, *, member_id: UUID) -> dict[UUID, datetime]:
    """Return when each purpose was last signed in to, for the account page."""
    rows = session.execute(
        select(Grant.purpose_id, func.max(Grant.created_at).label("last_at"))
        .where(Grant.member_id == member_id)
        .group_by(Grant.purpose_id)
    )
    return {row.purpose_id: row.last_at for row in rows}
