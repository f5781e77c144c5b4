"""Look at offers' groups day by day: what singles people out stops answering (10(4))."""

from datetime import datetime

from audit import trail
from kernel.db import Sessions, transaction
from services import populations


def review(sessions: Sessions, *, smallest: int, now: datetime) -> None:
    """Halt the offers whose groups became smaller than `smallest`, and note it on the trail."""
    with transaction(sessions) as session:
        for offer_id in populations.review(session, smallest=smallest, now=now):
            trail.record(session, "offer.halted", actor=None, subject=offer_id, now=now)
