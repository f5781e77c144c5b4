"""Say that somebody applied for a service: to themselves, and to the agency it is for (2(8)6)."""

from audit import footprint
from audit.lines import Kind
from idp import organisation_notices
from services.models import Service
from services.request_models import ActivationRequest
from web import scope


def tell(row: ActivationRequest) -> None:
    """Write an application in its member's footprint, and let the agency's clients be told."""
    session, now = scope.db(), scope.now()
    footprint.record(
        session, Kind.SERVICE_ASKED, member_id=row.member_id, now=now, reference=row.reference
    )
    organisation_notices.enqueue(
        session,
        session.get_one(Service, row.service_id).organisation_id,
        organisation_notices.APPLIED,
        member_id=row.member_id,
        now=now,
    )
