"""Ask the agency's own rule before a case for its service is taken in at a counter (6(3), 8(1))."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from kernel.keyring import Keyring
from members import register
from members.models import Member
from services import rules


@dataclass(frozen=True)
class ByRule:
    """A `counters.eligibility.MayHave` by the rules in force (services.rules)."""

    keyring: Keyring

    def __call__(self, session: Session, service: str, member_id: UUID, *, now: datetime) -> bool:
        """Return False only for whom the rule says no. Raises NotFound for no such service."""
        member = session.get_one(Member, member_id)
        held = register.claims_of(member, keyring=self.keyring)
        return not rules.keeps_out(session, service, member_id, held=held, now=now)
