"""Remember in which browsers a member has signed in, to tell them of one they did not know."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from kernel.db import changed, insert_once
from kernel.ids import digest
from web.models import KnownBrowser


def recognise(session: Session, mark: str, *, member_id: UUID, now: datetime) -> bool:
    """Say whether the member signed in with this browser before; from now on they have."""
    key = digest(mark)
    seen = session.execute(
        update(KnownBrowser)
        .where(KnownBrowser.member_id == member_id, KnownBrowser.browser_hash == key)
        .values(seen_at=now)
    )
    if changed(seen):
        return True
    values = {"member_id": member_id, "browser_hash": key, "seen_at": now}
    return not insert_once(session, KnownBrowser, values)
