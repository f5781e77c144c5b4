"""A service's terms and life for tests."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from clients.models import VersionState
from kernel.clock import taipei_day
from kernel.ids import new_id
from kernel.wording import Bilingual
from services import lifecycle
from services.lifecycle_models import ServiceVersion
from services.models import Service
from services.terms import PersonKind, Terms

OFFICER, REVIEWER = new_id(), new_id()
NAME = Bilingual("游泳證", "Swim pass")


def terms(**changes: Any) -> Terms:  # parts of several types
    """Return terms that are complete."""
    usual = {
        "text": Bilingual("到市立泳池", "For the city's pools"),
        "eligibility": Bilingual("住在臺北市", "Lives in Taipei"),
        "fee": Bilingual("免費", "None"),
        "level": 1,
        "claims": ("birthdate",),
        "papers": {PersonKind.ADULT: Bilingual("身分證", "Identity card")},
    }
    return Terms(**{**usual, **changes})


def drafted(session: Session, agency: UUID, now: datetime, code: str = "swim_pass") -> Service:
    """Draft a service."""
    return lifecycle.draft(
        session, agency, code, NAME, terms(), sensitive=False, by=OFFICER, now=now
    )


def submitted(session: Session, service: Service, now: datetime) -> ServiceVersion:
    """Hand the draft of a service in; return it."""
    lifecycle.submit(session, service, document_number="北市測字第 1 號", now=now)
    newest = lifecycle.versions(session, service.id)[0]
    assert newest.state is VersionState.SUBMITTED
    return newest


def opened(session: Session, agency: UUID, now: datetime, code: str = "swim_pass") -> Service:
    """Lead a service from nothing to open."""
    service = drafted(session, agency, now, code)
    version = submitted(session, service, now)
    lifecycle.approve(session, version, effective_on=taipei_day(now), by=REVIEWER, now=now)
    lifecycle.open_(session, service)
    return service
