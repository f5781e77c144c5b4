"""Keep clerks from cases of their own and of those close to them (6(1), 7(2))."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from kernel.errors import Refused
from members import guardians, proxies


def require_none(session: Session, clerk: UUID, *, parties: frozenset[UUID], now: datetime) -> None:
    """Let nobody work on what concerns them. Raises Refused `case.self_dealing`.

    `parties` are the applicant and whoever comes for them, as far as they are members.
    """
    if clerk in parties or parties & _close_to(session, clerk, now=now):
        raise Refused("case.self_dealing")


def _close_to(session: Session, clerk: UUID, *, now: datetime) -> frozenset[UUID]:
    """Return for whom the clerk acts, and who acts for the clerk."""
    return frozenset(
        [
            *(each.ward_id for each in guardians.wards_of(session, clerk, now=now)),
            *(each.guardian_id for each in guardians.guardians_of(session, clerk, now=now)),
            *(each.principal_id for each in proxies.held_by(session, clerk, now=now)),
            *(each.proxy_id for each in proxies.given_by(session, clerk, now=now)),
        ]
    )
