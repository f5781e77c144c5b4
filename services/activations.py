"""Write agencies' notes and read them as evidence (regulation 2(4), 2(8)6, 10-II).

Only the agency that owns a service writes about it: no other agency does, nor DoIT. The member may
dispute a note; it then counts neither for yes nor for no until the agency has settled it.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Uuid,
    case,
    false,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import Session

from clients.models import Organisation, OrganisationKind
from kernel import clock
from kernel.db import Moment, changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id, new_reference
from kernel.wording import Bilingual
from services import closures, sanctions
from services.models import (
    OFFERED,
    Activation,
    ActivationEvent,
    ActivationNote,
    Channel,
    Happening,
    Service,
    ServiceState,
)

_CODE = re.compile("[a-z][a-z0-9_]{0,63}")
LONGEST_NAME = 200  # characters


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a note comes from: every value of it can be traced (7(9)). Codes, never names."""

    channel: Channel
    actor: str
    reference: str

    def is_an_agencys(self) -> bool:
        """Say whether it came in by an agency's way and names the case it rests on."""
        return self.channel is not Channel.MEMBER and bool(self.reference.strip())


@dataclass(frozen=True, kw_only=True)
class Noted:
    """What is on record about one member and one service; `state` is None where nothing is."""

    service: str  # its code
    name: Bilingual
    agency: Bilingual
    state: Activation | None
    since: date | None = None
    as_of: date | None = None
    disputed_at: datetime | None = None
    dispute: str | None = None
    closed_on: date | None = None  # the service was, for everybody
    announced: bool = True  # to its member; else it goes to nobody (PDPA 9)
    answered: bool = True  # by an agency that is there still; else nobody can look into it


def open_service(
    session: Session,
    organisation_id: UUID,
    code: str,
    name: Bilingual,
    *,
    sensitive: bool,
    now: datetime,
) -> Service:
    """Enter a service of an agency; a code is used once, also by one that was closed.

    Raises Refused `service.not_yours` for who is no agency, `service.code_invalid`,
    `service.name_missing` or `service.exists`.
    """
    organisation = session.get(Organisation, organisation_id)
    if (
        organisation is None
        or organisation.kind is not OrganisationKind.AGENCY
        or organisation.ended_at is not None
    ):
        raise Refused("service.not_yours")
    if not _CODE.fullmatch(code):
        raise Refused("service.code_invalid")
    if not all(words.strip() and len(words) <= LONGEST_NAME for words in name):
        raise Refused("service.name_missing")
    values = {
        "id": new_id(),
        "code": code,
        "organisation_id": organisation_id,
        "name_zh": name.zh.strip(),
        "name_en": name.en.strip(),
        "sensitive": sensitive,
        "state": ServiceState.OPEN,
        "created_at": now,
    }
    if not insert_once(session, Service, values):
        raise Refused("service.exists")
    return get_service(session, code)


def close_service(session: Session, code: str, *, now: datetime) -> None:
    """Close a service: nobody gets it any more, and who has it keeps what was noted (10-II).

    Raises NotFound, or Refused `service.closed` if it was closed already.
    """
    service = get_service(session, code)
    if not closures.close(session, Service.id == service.id, now=now):
        raise Refused("service.closed")


def services(session: Session) -> Sequence[Service]:
    """Return every service, closed ones included, by code."""
    return session.scalars(select(Service).order_by(Service.code)).all()


def get_service(session: Session, code: str) -> Service:
    """Return the service. Raises NotFound."""
    service = session.scalar(select(Service).where(Service.code == code))
    if service is None:
        raise NotFound("service.not_found")
    return service


def note(
    session: Session,
    service: Service,
    state: Activation,
    provenance: Provenance,
    *,
    member_id: UUID,
    organisation_id: UUID,
    as_of: date,
    is_wished: bool = False,
    now: datetime,
) -> None:
    """Write what the owning agency says of a member (2(8)6); `is_wished` if the member asked.

    A dispute stays until `settle`: a nightly batch that repeats what is wrong must not end it.
    Raises Refused `service.not_yours` for another organisation, `service.note_unfounded` for a day
    to come or no case, `service.closed` for a day after it closed, `service.note_older` than what
    is noted, `service.suspend_unverified` for what takes a service away: `services.suspensions`
    does, upon a finding; `service.suspension_stands` for what would hide one from its petition.
    """
    _require_owner(service, organisation_id)
    if state is Activation.SUSPENDED:
        raise Refused("service.suspend_unverified")
    if service.closed_at is not None and as_of > clock.taipei_day(service.closed_at):
        raise Refused("service.closed")
    if as_of > clock.taipei_day(now) or not provenance.is_an_agencys():
        raise Refused("service.note_unfounded")
    values = {
        "source_id": organisation_id,
        "state": state,
        "since": as_of if state is Activation.ACTIVATED else None,
        "as_of": as_of,
        "noted_at": now,
        "channel": provenance.channel,
        "actor": provenance.actor,
        "reference": provenance.reference,
        "unannounced": False,  # a case is the member's own, who knows of it
    }
    first = {"id": new_id(), "member_id": member_id, "service_id": service.id, **values}
    if not insert_once(session, ActivationNote, first):
        newer = session.execute(
            update(ActivationNote)
            .where(
                ActivationNote.member_id == member_id,
                ActivationNote.service_id == service.id,
                ActivationNote.as_of <= as_of,
                _keeps(state, is_wished=is_wished),
            )
            .values({**values, "since": _since(state, as_of)})
            .execution_options(synchronize_session="fetch")
        )
        if changed(newer) != 1:
            raise Refused(_why_not(session, member_id, service, as_of))
    _record(
        session, Happening.NOTED, member_id, service, now=now, **_said(state, as_of, provenance)
    )


def _keeps(state: Activation, *, is_wished: bool) -> ColumnElement[bool]:
    """Return the notes from which this one takes nothing their member would keep (6(3)).

    A suspension is only given back, disputed or not, also if its member wished to end the service
    before: else a petition would find none to lift.
    """
    if state is Activation.ACTIVATED:
        return true()
    if is_wished:
        return ActivationNote.state != Activation.SUSPENDED
    disputed = ActivationNote.disputed_at.is_not(None)
    return (ActivationNote.state == Activation.NOT_ACTIVATED) | (
        (ActivationNote.state == Activation.ACTIVATED) & disputed
    )


def _since(state: Activation, as_of: date) -> ColumnElement[date] | None:
    """Return the day since when it is open: a repeated or renewed yes begins nothing anew."""
    if state is not Activation.ACTIVATED:
        return None
    is_open = (ActivationNote.state == state) & (ActivationNote.since <= as_of)
    return case((is_open, ActivationNote.since), else_=literal(as_of, Date()))


def _why_not(session: Session, member_id: UUID, service: Service, as_of: date) -> str:
    noted = select(ActivationNote.state, ActivationNote.as_of).where(
        ActivationNote.member_id == member_id, ActivationNote.service_id == service.id
    )
    state, noted_as_of = session.execute(noted).one()
    if noted_as_of > as_of:
        return "service.note_older"
    is_suspended = state is Activation.SUSPENDED
    return "service.suspension_stands" if is_suspended else "service.suspend_unverified"


def settle(
    session: Session,
    reference: str,
    provenance: Provenance,
    *,
    organisation_id: UUID,
    now: datetime,
) -> None:
    """End a dispute, once the owning agency looked into it and noted what is right (10-II).

    Raises NotFound; Refused `service.not_yours`, `service.note_unfounded`.
    """
    row = session.scalar(select(ActivationNote).where(ActivationNote.dispute == reference))
    if row is None:
        raise NotFound("service.not_found")
    service = session.get_one(Service, row.service_id)
    _require_owner(service, organisation_id)
    if not provenance.is_an_agencys():
        raise Refused("service.note_unfounded")
    settled = session.execute(
        update(ActivationNote)
        .where(ActivationNote.id == row.id, ActivationNote.dispute == reference)
        .values(disputed_at=None, dispute=None)
        .execution_options(synchronize_session="fetch")
    )
    if changed(settled) != 1:
        raise NotFound("service.not_found")
    said = _said(row.state, row.as_of, provenance)
    _record(session, Happening.SETTLED, row.member_id, service, now=now, **said)


def _require_owner(service: Service, organisation_id: UUID) -> None:
    if service.organisation_id != organisation_id:
        raise Refused("service.not_yours")


def dispute(session: Session, code: str, *, member_id: UUID, now: datetime) -> str:
    """Mark a note as wrong in its member's eyes; return the reference number (10-II).

    From this moment it proves nothing either way. Raises NotFound if nothing was noted, Refused
    `service.closed` if it ended with its agency: nobody could look into it. A note that is disputed
    already keeps its number.
    """
    service = get_service(session, code)
    if service.organisation.ended_at is not None:
        raise Refused("service.closed")
    mine = (ActivationNote.member_id == member_id) & (ActivationNote.service_id == service.id)
    marked = session.execute(
        update(ActivationNote)
        .where(mine, ActivationNote.disputed_at.is_(None))
        .values(disputed_at=now, dispute=new_reference())
        .execution_options(synchronize_session="fetch")
    )
    row = session.scalar(select(ActivationNote).where(mine))
    if row is None or row.dispute is None:
        raise NotFound("service.not_found")
    if changed(marked):
        word = Provenance(channel=Channel.MEMBER, actor="member", reference=row.dispute)
        said = _said(row.state, row.as_of, word)
        _record(session, Happening.DISPUTED, member_id, service, now=now, **said)
    return row.dispute


def of_member(
    session: Session,
    member_id: UUID,
    codes: Collection[str] | None = None,
    *,
    at: datetime | None = None,
    also: Collection[UUID] = (),
) -> Sequence[Noted]:
    """Return what is on record for each service, by code; of these only, if `codes` are named.

    One that was closed is there for whom something was noted, or if `also` names its id. With `at`,
    what a sanction bars at that moment is told as suspended: nobody learns why (6(1)).
    """
    statement = (
        select(Service, ActivationNote, Organisation, _barred(member_id, at))
        .join(Organisation, Organisation.id == Service.organisation_id)
        .outerjoin(
            ActivationNote,
            (ActivationNote.service_id == Service.id) & (ActivationNote.member_id == member_id),
        )
        .where(
            or_(
                Service.state.in_(OFFERED),
                ActivationNote.id.is_not(None),
                Service.id.in_(sorted(also)) if also else false(),
            )
        )
        .order_by(Service.code)
    )
    if codes is not None:
        statement = statement.where(Service.code.in_(sorted(codes)))
    return [_noted(*row) for row in session.execute(statement)]


def _barred(member_id: UUID, at: datetime | None) -> ColumnElement[bool]:
    if at is None:
        return false()
    return sanctions.bars(literal(member_id, Uuid()), Service.id, literal(at, Moment()))


def _noted(
    service: Service,
    row: ActivationNote | None,
    agency: Organisation,
    is_barred: bool,  # noqa: FBT001  # a column
) -> Noted:
    if row is not None and is_barred:
        return _told_suspended(service, row, agency)
    return Noted(
        service=service.code,
        name=Bilingual(service.name_zh, service.name_en),
        agency=Bilingual(agency.name_zh, agency.name_en),
        state=None if row is None else row.state,
        since=None if row is None else row.since,
        as_of=None if row is None else row.as_of,
        disputed_at=None if row is None else row.disputed_at,
        dispute=None if row is None else row.dispute,
        closed_on=None if service.closed_at is None else clock.taipei_day(service.closed_at),
        announced=row is None or not row.unannounced,
        answered=agency.ended_at is None,
    )


def _told_suspended(service: Service, row: ActivationNote, agency: Organisation) -> Noted:
    noted = _noted(service, row, agency, False)  # noqa: FBT003  # a column
    return replace(noted, state=Activation.SUSPENDED, since=None, disputed_at=None, dispute=None)


def _said(state: Activation, as_of: date, provenance: Provenance) -> dict[str, Any]:
    return {"state": state, "as_of": as_of, **vars(provenance)}


def _record(
    session: Session,
    happening: Happening,
    member_id: UUID,
    service: Service,
    *,
    now: datetime,
    **said: Any,  # columns of the event
) -> None:
    event = ActivationEvent(
        id=new_id(),
        at=now,
        member_id=member_id,
        service_id=service.id,
        source_id=service.organisation_id,
        happening=happening,
        **said,
    )
    session.add(event)
    session.flush()
