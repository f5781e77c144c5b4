"""Lead a service through its life: draft, approved, open, closing, closed (regulation 3-II).

The agency drafts and submits; DoIT approves, never the person who drafted; the agency opens, and
announces the last day. Whoever has a service when it closes keeps what was noted (10-II).
"""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from clients.models import VersionState
from kernel.clock import taipei_day
from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from kernel.wording import Bilingual
from services import activations, closures, terms
from services.lifecycle_models import ServiceVersion
from services.models import Service, ServiceState
from services.terms import Terms

PENDING = (VersionState.DRAFT, VersionState.SUBMITTED)
LONGEST_NUMBER = 100
NOT_OPEN = (ServiceState.DRAFT, ServiceState.APPROVED)


def draft(
    session: Session,
    organisation_id: UUID,
    code: str,
    name: Bilingual,
    said: Terms,
    *,
    sensitive: bool,
    by: UUID,
    now: datetime,
) -> Service:
    """Write a new service down; nobody sees it before it is approved and opened.

    Raises what `activations.open_service` and `terms.require_complete` raise.
    """
    terms.require_complete(said)
    service = activations.open_service(
        session, organisation_id, code, name, sensitive=sensitive, now=now
    )
    service.state = ServiceState.DRAFT
    session.flush()
    rewrite(session, service, said, by=by, now=now)
    return service


def rewrite(session: Session, service: Service, said: Terms, *, by: UUID, now: datetime) -> None:
    """Draft the next version of a service's terms, in place of an earlier draft.

    Raises Refused `service.version_waiting` while one waits for DoIT, `service.closed`, and what
    `terms.require_complete` raises.
    """
    terms.require_complete(said)
    if service.state is ServiceState.CLOSED:
        raise Refused("service.closed")
    content = {"content": said.kept(), "drafted_by": by, "drafted_at": now}
    again = session.execute(
        update(ServiceVersion)
        .where(ServiceVersion.service_id == service.id, ServiceVersion.state == VersionState.DRAFT)
        .values(content)
        .execution_options(synchronize_session="fetch")
    )
    if changed(again):
        return
    newest = select(func.max(ServiceVersion.version)).where(ServiceVersion.service_id == service.id)
    first = {
        "id": new_id(),
        "service_id": service.id,
        "version": (session.scalar(newest) or 0) + 1,
        "state": VersionState.DRAFT,
        **content,
    }
    if not insert_once(session, ServiceVersion, first):
        raise Refused("service.version_waiting")


def submit(session: Session, service: Service, *, document_number: str, now: datetime) -> None:
    """Hand the draft to DoIT.

    Raises Refused `publish.document_no_missing`, `service.version_wrong_state` without a draft.
    """
    number = document_number.strip()
    if not number or len(number) > LONGEST_NUMBER:
        raise Refused("publish.document_no_missing")
    handed = session.execute(
        update(ServiceVersion)
        .where(ServiceVersion.service_id == service.id, ServiceVersion.state == VersionState.DRAFT)
        .values(state=VersionState.SUBMITTED, submitted_at=now, document_number=number)
        .execution_options(synchronize_session="fetch")
    )
    if changed(handed) != 1:
        raise Refused("service.version_wrong_state")


def approve(
    session: Session, version: ServiceVersion, *, effective_on: date, by: UUID, now: datetime
) -> None:
    """Let a version hold from a day on, today at the earliest; a drafted service is approved.

    Raises Refused `case.self_dealing`, `service.day_passed`, `service.version_wrong_state`.
    """
    if effective_on < taipei_day(now):
        raise Refused("service.day_passed")
    _decide(session, version, by, now, state=VersionState.APPROVED, effective_on=effective_on)
    session.execute(
        update(Service)
        .where(Service.id == version.service_id, Service.state == ServiceState.DRAFT)
        .values(state=ServiceState.APPROVED)
        .execution_options(synchronize_session="fetch")
    )


def send_back(
    session: Session, version: ServiceVersion, reason: str, *, by: UUID, now: datetime
) -> None:
    """Return a version to its agency. Raises as `approve`, or `client.reason_missing`."""
    if not reason.strip():
        raise Refused("client.reason_missing")
    words = reason.strip()[:500]
    _decide(session, version, by, now, state=VersionState.RETURNED, reason=words)


def _decide(
    session: Session, version: ServiceVersion, by: UUID, now: datetime, **values: object
) -> None:
    if version.drafted_by == by:
        raise Refused("case.self_dealing")
    decided = session.execute(
        update(ServiceVersion)
        .where(
            ServiceVersion.id == version.id,
            ServiceVersion.state == VersionState.SUBMITTED,
            ServiceVersion.drafted_by != by,
        )
        .values(decided_by=by, decided_at=now, **values)
        .execution_options(synchronize_session="fetch")
    )
    if changed(decided) != 1:
        raise Refused("service.version_wrong_state")


# Opening and closing


def open_(session: Session, service: Service) -> None:
    """Open an approved service to everybody. Raises Refused `service.not_approved`."""
    if not _move(session, service, ServiceState.APPROVED, state=ServiceState.OPEN):
        raise Refused("service.not_approved")


def announce_end(session: Session, service: Service, *, on: date, now: datetime) -> None:
    """Take no more applications, and close on a day to come.

    Raises Refused `service.day_passed`, `service.not_open`.
    """
    if on <= taipei_day(now):
        raise Refused("service.day_passed")
    closing = ServiceState.CLOSING
    if not _move(session, service, ServiceState.OPEN, state=closing, closes_on=on):
        raise Refused("service.not_open")


def close_due(session: Session, *, now: datetime) -> Sequence[Service]:
    """Close what announced its end for today or before, each once; its datum leaves no more.

    What was noted of members stands (10-II).
    """
    is_due = Service.closes_on <= taipei_day(now)
    return closures.close(session, Service.state == ServiceState.CLOSING, is_due, now=now)


def _move(session: Session, service: Service, at: ServiceState, **values: object) -> bool:
    moved = session.execute(
        update(Service)
        .where(Service.id == service.id, Service.state == at)
        .values(values)
        .execution_options(synchronize_session="fetch")
    )
    return changed(moved) == 1


def require_open(service: Service) -> None:
    """Let through what takes applications. Raises Refused `service.not_open`, `service.closed`."""
    if service.state in NOT_OPEN:
        raise Refused("service.not_open")
    if service.state is not ServiceState.OPEN:
        raise Refused("service.closed")


# Reading


def get(session: Session, code: str, *, organisation_id: UUID) -> Service:
    """Return a service of this organisation. Raises NotFound for any other."""
    service = activations.get_service(session, code)
    if service.organisation_id != organisation_id:
        raise NotFound("service.not_found")
    return service


def of_organisation(session: Session, organisation_id: UUID) -> Sequence[Service]:
    """Return the services of an organisation, whatever their state, by code."""
    return session.scalars(
        select(Service).where(Service.organisation_id == organisation_id).order_by(Service.code)
    ).all()


def versions(session: Session, service_id: UUID) -> Sequence[ServiceVersion]:
    """Return every version of a service's terms, the newest first."""
    return session.scalars(
        select(ServiceVersion)
        .where(ServiceVersion.service_id == service_id)
        .order_by(ServiceVersion.version.desc())
    ).all()


def in_force(session: Session, service_id: UUID, *, on: date) -> Terms | None:
    """Return the terms that hold on a day; None where none were approved for it."""
    content = session.scalar(
        select(ServiceVersion.content)
        .where(
            ServiceVersion.service_id == service_id,
            ServiceVersion.state == VersionState.APPROVED,
            ServiceVersion.effective_on <= on,
        )
        .order_by(ServiceVersion.effective_on.desc(), ServiceVersion.version.desc())
        .limit(1)
    )
    return None if content is None else terms.read(content)


def waiting(session: Session) -> Sequence[tuple[ServiceVersion, Service]]:
    """Return the versions that wait for DoIT, the longest wait first, with their services."""
    rows = session.execute(
        select(ServiceVersion, Service)
        .join(Service, Service.id == ServiceVersion.service_id)
        .where(ServiceVersion.state == VersionState.SUBMITTED)
        .order_by(ServiceVersion.submitted_at, ServiceVersion.id)
    )
    return [(version, service) for version, service in rows]


def get_version(session: Session, version_id: UUID) -> tuple[ServiceVersion, Service]:
    """Return a version and its service. Raises NotFound."""
    version = session.get(ServiceVersion, version_id)
    if version is None:
        raise NotFound("service.not_found")
    return version, session.get_one(Service, version.service_id)
