"""Enter or correct what is on record about a member (2(8)5; PDPA 11): by hand until counters do."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from kernel.clock import taipei_day
from kernel.errors import Refused
from kernel.keyring import Keyring
from members import changes
from members.changes import Source

EARLIEST = date(1880, 1, 1)  # whoever is older is a slip of the finger


def birth_date(
    session: Session,
    member_id: UUID,
    born: date,
    source: Source,
    *,
    keyring: Keyring,
    now: datetime,
) -> None:
    """Write a birth date over what is on record.

    Raises NotFound; Refused `member.closed`, `member.birthdate_impossible` or
    `member.birthdate_same`.
    """
    if not EARLIEST <= born <= taipei_day(now):
        raise Refused("member.birthdate_impossible")
    values = {"birthdate": born.isoformat()}
    if not changes.write(session, member_id, values, source, keyring=keyring, now=now):
        raise Refused("member.birthdate_same")
