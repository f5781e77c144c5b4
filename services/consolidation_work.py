"""Take a batch as far as it may go: read it, apply it or undo it, as its state says (4.7).

The worker and the command line both come here. Whoever is second finds the mark moved, and stops.
"""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from kernel.db import Sessions, transaction
from kernel.keyring import Keyring
from services.consolidation_applying import apply_some, undo_some
from services.consolidation_models import Batch, BatchState
from services.consolidation_reading import Reading

ATTEMPTS = 5  # at rows whose notes somebody else was writing at this moment
BUSY = (BatchState.READING, BatchState.APPLYING, BatchState.ROLLING_BACK)
STEPS = {BatchState.APPLYING, BatchState.ROLLING_BACK}


def state_of(make: Sessions, batch_id: UUID) -> BatchState:
    """Return how far a batch has come."""
    with transaction(make) as session:
        return session.get_one(Batch, batch_id).state


def work(
    make: Sessions, batch_id: UUID, keyring: Keyring, *, most_chunks: int, now: datetime
) -> Iterator[int]:
    """Do so many chunks of what is to be done; yield how many rows each had.

    Raises Superseded if somebody else goes on with the batch.
    """
    state = state_of(make, batch_id)
    if state is BatchState.READING:
        yield from Reading(make, batch_id, keyring, now=now).run(most_chunks)
    elif state in STEPS:
        for _ in range(most_chunks):
            done = _once(make, batch_id, state, keyring, now=now)
            if done is None:
                return
            yield done


def _once(
    make: Sessions, batch_id: UUID, state: BatchState, keyring: Keyring, *, now: datetime
) -> int | None:
    """Do one chunk; a note that appeared meanwhile lets it be judged again from the beginning."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction(make) as session:
                return _step(session, batch_id, state, keyring, now=now)
        except IntegrityError:
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("the last attempt either returned or raised")


def _step(
    session: Session, batch_id: UUID, state: BatchState, keyring: Keyring, *, now: datetime
) -> int | None:
    if state is BatchState.APPLYING:
        return apply_some(session, batch_id, keyring=keyring, now=now)
    return undo_some(session, batch_id, now=now)
