"""Say how many working days a service takes: its agency sets it, everybody reads it (8(4))."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from kernel.errors import Refused
from services import activations
from services.models import Service

MOST = 120  # working days: half a year


def set_days(session: Session, code: str, days: int, *, organisation_id: UUID) -> None:
    """Set the term of what is filed from now on; what was filed keeps the term it was told.

    Raises NotFound; Refused `service.not_yours` or `service.days_impossible`.
    """
    service = activations.get_service(session, code)
    if service.organisation_id != organisation_id:
        raise Refused("service.not_yours")
    if not 1 <= days <= MOST:
        raise Refused("service.days_impossible")
    session.execute(
        update(Service)
        .where(Service.id == service.id)
        .values(working_days=days)
        .execution_options(synchronize_session="fetch")
    )
