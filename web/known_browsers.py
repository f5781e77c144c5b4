"""Remember in which browsers a member has signed in, to tell them of one they did not know."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from kernel.db import insert_once
from kernel.ids import digest
from kernel.prebuilt import Prebuilt
from web.models import KnownBrowser

_SEEN = Prebuilt(
    update(KnownBrowser)
    .where(
        KnownBrowser.member_id == bindparam("of"), KnownBrowser.browser_hash == bindparam("mark")
    )
    .values(seen_at=bindparam("now"))
)


def recognise(session: Session, mark: str, *, member_id: UUID, now: datetime) -> bool:
    """Say whether the member signed in with this browser before; from now on they have."""
    key = digest(mark)
    if _SEEN.run(session, {"of": member_id, "mark": key, "now": now}):
        return True
    values = {"member_id": member_id, "browser_hash": key, "seen_at": now}
    return not insert_once(session, KnownBrowser, values)
