"""Ask what a service's agency says of a person before a case for it is taken in (6(3), 8(1)).

The rules are the agencies', and stand in a room that counters do not know (`services.rules`).
"""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy.orm import Session

from kernel.errors import Refused


class MayHave(Protocol):
    """Say whether the rule in force lets this member have the service."""

    def __call__(self, session: Session, service: str, member_id: UUID, *, now: datetime) -> bool:
        """Return False only for who fails the rule, never where something is unknown (10-II)."""
        ...


def require(
    may_have: MayHave, session: Session, service: str, member_id: UUID, *, now: datetime
) -> None:
    """Take no case in for who fails the rule. Raises Refused `eligibility.agency_rule`."""
    if not may_have(session, service, member_id, now=now):
        raise Refused("eligibility.agency_rule")
