"""What the calendar does to organisations: names of today, and the end of what is no more (2(1)).

Consent was given to the organisation a member read of. So a successor gets the services, and asks
members itself; what the old one's clients held ends with it (docs/decisions/0116).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from audit import audits, trail
from clients import officers, organisations, registration_tokens
from clients.models import Client, Organisation
from counters import register
from counters.models import Counter
from idp import grants
from idp.models import GrantEnd
from kernel.db import Sessions, transaction
from kernel.wording import Bilingual
from services import lifecycle, petition_endings, transfers
from services.consolidation_models import Conflict
from services.petition_models import Petition
from services.sanction_models import Sanction
from services.transfers import HandedOver
from web import petitioning, service_closings
from web.mails import Mail
from web.rooms import Rooms

NOBODY_DECIDES = Bilingual(
    "主管這項服務的機關已經裁撤，沒有機關承接，這件陳情不能再處理。有疑問請洽資訊局。",
    "The agency of this service is no more and no other followed it, so nobody can decide this "
    "petition. The Department of Information Technology answers questions.",
)


def run(make: Sessions, *, now: datetime) -> None:
    """Do what is due today, each of it once however many workers ask."""
    with transaction(make) as session:
        for organisation_id in organisations.take_names(session, now=now):
            trail.record(
                session, "organisation.renamed", actor=None, subject=organisation_id, now=now
            )
        for organisation in organisations.close_ended(session, now=now):
            _wind_up(session, organisation, now=now)
        for organisation in transfers.left_behind(session, now=now):
            _hand_over(session, organisation, now=now)


def close_petitions(rooms: Rooms, *, now: datetime) -> None:
    """Let who followed an agency decide its petitions; tell whose nobody decides any more, so."""
    with transaction(rooms.sessions) as session:
        for each in petition_endings.follow(session):
            _record_case(session, "petition.handed_over", each, heir=each.organisation_id, now=now)
        closed = petition_endings.close_orphaned(
            session, NOBODY_DECIDES, keyring=rooms.keyring, now=now
        )
        for each in closed:
            petitioning.moved(session, each, by=None, now=now)


def _wind_up(session: Session, organisation: Organisation, *, now: datetime) -> None:
    heir, handed = _hand_over(session, organisation, now=now)
    if heir is None:  # nobody is left to look into what closed before, either
        told = {each.id for each in handed.closed}
        for service in lifecycle.of_organisation(session, organisation.id):
            if service.id not in told:
                service_closings.answer_disputing(session, service.id, now=now)
    else:
        audits.hand_over(session, organisation.id, to=heir)
    registration_tokens.end_of(session, organisation.id, now=now)  # first: no client comes after
    session.execute(
        update(Client)
        .where(Client.organisation_id == organisation.id, Client.disabled_at.is_(None))
        .values(disabled_at=now)
        .execution_options(synchronize_session=False)
    )
    grants.end_for_organisation(
        session, organisation.id, issued_before=now, reason=GrantEnd.REVOKED, now=now
    )
    officers.end_at(session, organisation.id, now=now)
    _close_counters(session, organisation.id, now=now)
    trail.record(
        session,
        "organisation.ended",
        actor=None,
        subject=organisation.id,
        now=now,
        successor=str(heir or ""),
        services=",".join(handed.services),
    )


def _hand_over(
    session: Session, organisation: Organisation, *, now: datetime
) -> tuple[UUID | None, HandedOver]:
    """Hand everything over, and say of what closed for want of anybody that it did."""
    heir = organisations.heir(session, organisation)
    handed = transfers.hand_over(session, organisation.id, to=heir, now=now)
    _record_cases(session, handed, heir=heir, now=now)
    for service in handed.closed:
        service_closings.closed(session, service, now=now)
        service_closings.tell_holders(session, service.id, words=Mail.SERVICE_ENDED, now=now)
        service_closings.answer_disputing(session, service.id, now=now)
    return heir, handed


def _record_cases(
    session: Session, handed: HandedOver, *, heir: UUID | None, now: datetime
) -> None:
    """Write down of every open case that another house goes on with it; the Bureau has no id."""
    cases: list[tuple[str, Petition | Sanction | Conflict]] = [
        *(("petition.handed_over", each) for each in handed.petitions),
        *(("sanction.handed_over", each) for each in handed.sanctions),
        *(
            (f"conflict.{'closed' if heir is None else 'handed_over'}", each)
            for each in handed.conflicts
        ),
    ]
    for event, case in cases:
        _record_case(session, event, case, heir=heir, now=now)


def _record_case(
    session: Session,
    event: str,
    case: Petition | Sanction | Conflict,
    *,
    heir: UUID | None,
    now: datetime,
) -> None:
    trail.record(
        session,
        event,
        actor=None,
        subject=case.member_id,
        now=now,
        reference=case.number if isinstance(case, Conflict) else case.reference,
        successor=str(heir or ""),
    )


def _close_counters(session: Session, organisation_id: UUID, *, now: datetime) -> None:
    theirs = select(Counter).where(
        Counter.organisation_id == organisation_id, Counter.ended_at.is_(None)
    )
    for counter in session.scalars(theirs):
        register.end(session, counter, now=now)
