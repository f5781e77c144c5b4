"""Keep who is signed in where: server-side, hashed, renewed at login, ended everywhere at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, case, delete, insert, literal, select, update
from sqlalchemy.orm import Session

from consent import ledger
from consent.models import Consent
from consent.rules import Decided
from idp.acr import ACR, BY_ANOTHER_DEVICE, Assurance
from idp.models import Subject
from kernel.db import changed
from kernel.ids import digest, new_id, new_secret
from kernel.prebuilt import Prebuilt, Row
from members import recovery
from members.models import Member, Standing
from web.models import BrowserSession

TOUCH_EVERY = timedelta(minutes=1)  # also for work
_COLUMNS = (
    BrowserSession.id,
    BrowserSession.member_id,
    BrowserSession.acr,
    BrowserSession.amr,
    BrowserSession.authenticated_at,
    BrowserSession.created_at,
    BrowserSession.last_seen_at,
    BrowserSession.shared_computer,
    BrowserSession.worked_at,
    Member.restricted_until,
)
_live = (
    BrowserSession.token_hash == bindparam("token_hash"),
    BrowserSession.expires_at > bindparam("now"),
    BrowserSession.last_seen_at > bindparam("oldest"),
    Member.standing == Standing.ACTIVE,
)
_is_members = Member.id == BrowserSession.member_id
_LIVE = Prebuilt(select(*_COLUMNS).join(Member, _is_members).where(*_live))
_LIVE_WITH_DECISIONS = Prebuilt(
    select(*_COLUMNS, Subject.member_id.is_not(None).label("is_noted"), *ledger.COLUMNS)
    .select_from(BrowserSession)
    .join(Member, _is_members)
    .outerjoin(
        Subject,
        and_(
            Subject.member_id == BrowserSession.member_id,
            Subject.sector == bindparam("sector"),
        ),
    )
    .outerjoin(
        Consent,
        and_(
            ledger.IN_FORCE,
            Consent.member_id == BrowserSession.member_id,
            Consent.purpose_id == bindparam("purpose_id"),
        ),
    )
    .where(*_live),
    many=len(ledger.COLUMNS),
)
_START = Prebuilt(
    insert(BrowserSession), given=[column.name for column in BrowserSession.__table__.columns]
)
_TOUCH = Prebuilt(
    update(BrowserSession)
    .where(BrowserSession.id == bindparam("key"))
    .values(last_seen_at=bindparam("now"))
)
_WORK = Prebuilt(
    update(BrowserSession)
    .where(BrowserSession.id == bindparam("key"))
    .values(worked_at=bindparam("now"))
)


@dataclass(frozen=True)
class Opened:
    """A session that begins or goes on with a new cookie."""

    session_id: UUID
    cookie: str


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """A signed-in member in one browser.

    Restricted is who came by a password that a mailbox alone gave anew, or that is all that was
    left after a loss (`members.recovery`): it is worth the least acr, whatever was shown beside it,
    until the period is over.
    """

    session_id: UUID
    member_id: UUID
    acr: str
    amr: tuple[str, ...]
    authenticated_at: datetime
    began_at: datetime
    is_restricted: bool = False
    shared_computer: bool = False
    worked_at: datetime | None = None

    @property
    def by_phone(self) -> bool:
        """Say whether another device's word signed them in: in this browser nothing was shown."""
        return BY_ANOTHER_DEVICE in self.amr

    @property
    def present_at(self) -> datetime:
        """Return when they last worked here for the city, or proved who they are."""
        return max(self.authenticated_at, self.worked_at or self.authenticated_at)


def find(session: Session, token: str, *, now: datetime, idle: timedelta) -> Visitor | None:
    """Return who is signed in with this cookie, if still so and in good standing."""
    row = _LIVE.one_or_none(session, _asked(token, now=now, idle=idle))
    return None if row is None else _seen(session, row, now=now)


def find_with_decisions(
    session: Session, token: str, purpose_id: UUID, *, sector: str, now: datetime, idle: timedelta
) -> tuple[Visitor, tuple[Decided, ...], bool] | None:
    """Return who is signed in with this cookie, and what they decided about a purpose.

    The last says whether the way back from their name in this sector is noted.
    """
    asked = {**_asked(token, now=now, idle=idle), "purpose_id": purpose_id, "sector": sector}
    found = _LIVE_WITH_DECISIONS.nested(session, asked)
    if found is None:
        return None
    row, rows = found
    decisions = ledger.decided(rows, purpose_id=purpose_id)
    return _seen(session, row, now=now), decisions, bool(row.is_noted)


def _asked(token: str, *, now: datetime, idle: timedelta) -> dict[str, object]:
    return {"token_hash": digest(token), "now": now, "oldest": now - idle}


def _seen(session: Session, row: Row, *, now: datetime) -> Visitor:
    if now - row.last_seen_at > TOUCH_EVERY:
        _TOUCH.write(session, {"key": row.id, "now": now})
    amr = tuple(row.amr)
    restricted = "pwd" in amr and recovery.is_restricted(row.restricted_until, now=now)
    return Visitor(
        session_id=row.id,
        member_id=row.member_id,
        acr=ACR[0] if restricted else row.acr,
        amr=amr,
        authenticated_at=row.authenticated_at,
        began_at=row.created_at,
        is_restricted=restricted,
        shared_computer=row.shared_computer,
        worked_at=row.worked_at,
    )


def mark_work(session: Session, visitor: Visitor, *, now: datetime) -> None:
    """Note that the visitor works for the city in this browser, once a minute."""
    if now - visitor.present_at > TOUCH_EVERY:
        _WORK.write(session, {"key": visitor.session_id, "now": now})


def start(
    session: Session,
    *,
    member_id: UUID,
    assurance: Assurance,
    browser: str,
    carrier_id: UUID | None,
    authenticated_at: datetime,
    lifetime: timedelta,
    shared_computer: bool = False,
    now: datetime,
) -> Opened:
    """Sign a member in; the caller ends what this browser had before."""
    opened = Opened(new_id(), new_secret())
    _START.write(
        session,
        {
            "id": opened.session_id,
            "token_hash": digest(opened.cookie),
            "member_id": member_id,
            "acr": assurance.acr,
            "amr": list(assurance.amr),
            "authenticated_at": authenticated_at,
            "created_at": now,
            "last_seen_at": now,
            "expires_at": now + lifetime,
            "browser": browser,
            "carrier_id": carrier_id,
            "shared_computer": shared_computer,
            "worked_at": None,
        },
    )
    return opened


def renew(
    session: Session,
    session_id: UUID,
    *,
    assurance: Assurance,
    carrier_id: UUID | None,
    authenticated_at: datetime,
    lifetime: timedelta,
    shared_computer: bool = False,
    now: datetime,
) -> Opened:
    """Give a session that proved itself again a new cookie, keeping its id and its grants.

    On a shared computer it ends when it would have ended, or sooner.
    """
    opened = Opened(session_id, new_secret())
    ends_at = BrowserSession.expires_at
    until = literal(now + lifetime, ends_at.type)
    session.execute(
        update(BrowserSession)
        .where(BrowserSession.id == session_id)
        .values(
            token_hash=digest(opened.cookie),
            acr=assurance.acr,
            amr=list(assurance.amr),
            authenticated_at=authenticated_at,
            last_seen_at=now,
            expires_at=case((ends_at < until, ends_at), else_=until) if shared_computer else until,
            carrier_id=carrier_id,
            shared_computer=shared_computer,
        )
    )
    return opened


@dataclass(frozen=True, kw_only=True)
class Left:
    """A session that a browser still names, whether anybody is signed in by it or not."""

    session_id: UUID
    member_id: UUID
    shared_computer: bool


def find_left(session: Session, token: str) -> Left | None:
    """Return the session of this cookie, also one that ran out not long ago."""
    found = session.execute(
        select(BrowserSession.id, BrowserSession.member_id, BrowserSession.shared_computer).where(
            BrowserSession.token_hash == digest(token)
        )
    ).one_or_none()
    if found is None:
        return None
    return Left(
        session_id=found.id, member_id=found.member_id, shared_computer=found.shared_computer
    )


def carrier_of(session: Session, session_id: UUID) -> UUID | None:
    """Return the binding that opened this session, if one did."""
    return session.scalar(select(BrowserSession.carrier_id).where(BrowserSession.id == session_id))


def listed(session: Session, member_id: UUID, *, now: datetime) -> Sequence[BrowserSession]:
    """Return where the member is signed in, the most recently used first."""
    return session.scalars(
        select(BrowserSession)
        .where(BrowserSession.member_id == member_id, BrowserSession.expires_at > now)
        .order_by(BrowserSession.last_seen_at.desc())
    ).all()


def end(session: Session, session_id: UUID, *, member_id: UUID) -> bool:
    """End one of the member's sessions; say whether it was there to end."""
    ended = session.scalars(
        delete(BrowserSession)
        .where(BrowserSession.id == session_id, BrowserSession.member_id == member_id)
        .returning(BrowserSession.id)
    ).all()
    return bool(ended)


def hold(session: Session, *, lasting: UUID | None, changing: UUID | None) -> frozenset[UUID]:
    """Let nobody end these two before the commit; return those that are there.

    In the order in which `end_all` ends them, or each would wait for the other. What is to last may
    be held by several, and is seen meanwhile.
    """
    held: set[UUID] = set()
    for each in sorted({one for one in (lasting, changing) if one is not None}):
        is_shared = each != changing
        found = select(BrowserSession.id).where(BrowserSession.id == each)
        held.update(session.scalars(found.with_for_update(read=is_shared, key_share=is_shared)))
    return frozenset(held)


def end_all(session: Session, *, member_id: UUID, but: UUID | None = None) -> list[UUID]:
    """Sign the member out everywhere, except in the session `but`; return what ended."""
    those = BrowserSession.member_id == member_id
    if but is not None:
        those &= BrowserSession.id != but
    ended: list[UUID] = []
    # What one of them let begin while this waited for it is seen by the next statement only.
    while more := _end_those(session, those):
        ended += more
    return ended


def end_everybodys(session: Session) -> int:
    """Sign everybody out; return how many sessions that were."""
    return changed(session.execute(delete(BrowserSession)))


def end_resting_on(session: Session, carrier_id: UUID, *, member_id: UUID) -> list[UUID]:
    """Sign the member out wherever this carrier was shown; return what ended."""
    mine = BrowserSession.member_id == member_id
    return _end_those(session, mine & (BrowserSession.carrier_id == carrier_id))


def _end_those(session: Session, those: ColumnElement[bool]) -> list[UUID]:
    """End sessions in the order of their ids, as `hold` holds them; return what ended."""
    ordered = select(BrowserSession.id).where(those).order_by(BrowserSession.id).with_for_update()
    found = list(session.scalars(ordered))
    if found:
        session.execute(delete(BrowserSession).where(BrowserSession.id.in_(found)))
    return found
