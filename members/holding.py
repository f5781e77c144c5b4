"""Hold by what people act for each other, before anything else of theirs (docs/decisions/0164)."""

from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from members.models import GuardianLink
from members.proxy_models import PowerOfAttorney


def hold(session: Session, member_id: UUID) -> None:
    """Let whoever acts for the member, or the member for others, be done, and others wait.

    For what ends such links and powers and also locks the member: who acts by one holds it first
    and comes to the member later, so whoever began with the member would wait for them in circles.
    """
    links = select(GuardianLink.id).where(
        or_(GuardianLink.ward_id == member_id, GuardianLink.guardian_id == member_id),
        GuardianLink.ended_at.is_(None),
    )
    powers = select(PowerOfAttorney.id).where(
        or_(PowerOfAttorney.principal_id == member_id, PowerOfAttorney.proxy_id == member_id),
        PowerOfAttorney.ended_at.is_(None),
    )
    session.execute(links.order_by(GuardianLink.id).with_for_update())
    session.execute(powers.order_by(PowerOfAttorney.id).with_for_update())
