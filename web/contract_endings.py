"""What follows when a merchant's contract ends: what was issued under it ends for good (2(8)4).

Nothing was served from the moment it ran out. This keeps a later contract from bringing old
tokens back to life, and puts it on record.
"""

from datetime import datetime

from audit import trail
from clients import contracts
from idp import grants, organisation_notices
from idp.models import GrantEnd
from kernel.db import Sessions, transaction


def end(make: Sessions, *, now: datetime) -> int:
    """End the grants of contracts that are over and not continued; return how many contracts."""
    with transaction(make) as session:
        ended = contracts.close_ended(session, now=now)
        for contract in ended:
            if not contracts.is_continued(session, contract):
                grants.end_for_organisation(
                    session,
                    contract.organisation_id,
                    issued_before=contracts.span_of(contract).ends_at,
                    reason=GrantEnd.CONTRACT_ENDED,
                    now=now,
                )
                organisation_notices.enqueue(
                    session,
                    contract.organisation_id,
                    organisation_notices.CONTRACT_ENDED,
                    member_id=None,
                    now=now,
                )
            trail.record(session, "contract.ended", actor=None, subject=contract.id, now=now)
        return len(ended)
