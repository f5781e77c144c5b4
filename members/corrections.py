"""Enter or correct what is on record about a member (2(8)5; PDPA 11): by hand until counters do."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from kernel.clock import taipei_day
from kernel.errors import Refused
from kernel.keyring import Keyring
from members import register
from members.models import Member, Standing
from members.profile import reseal

EARLIEST = date(1880, 1, 1)  # whoever is older is a slip of the finger


def birth_date(
    session: Session, member_id: UUID, born: date, *, keyring: Keyring, now: datetime
) -> None:
    """Write a birth date over what is on record.

    Raises NotFound; Refused `member.closed`, `member.birthdate_impossible` or
    `member.birthdate_same`.
    """
    session.get(Member, member_id, with_for_update=True, populate_existing=True)
    member = register.get(session, member_id)
    if member.standing is Standing.CLOSED or not member.data_key_sealed:
        raise Refused("member.closed")
    if not EARLIEST <= born <= taipei_day(now):
        raise Refused("member.birthdate_impossible")
    held = register.claims_of(member, keyring=keyring)
    if held.get("birthdate") == born.isoformat():
        raise Refused("member.birthdate_same")
    changes = {"birthdate": born.isoformat(), "updated_at": int(now.timestamp())}
    member.profile_sealed = reseal(member, held | changes, keyring=keyring)
    session.flush()
