"""Work on a batch and be killed at a statement: `python -m tests.services.killed URL BATCH N`.

SIGKILL, so nothing is tidied up: what the database then holds is all there is.
"""

import os
import signal
import sys
from itertools import count
from uuid import UUID

from sqlalchemy import event

from kernel.db import open_engine, sessions
from services import consolidation_applying, consolidation_reading
from services.consolidation_work import work
from tests.make import KEYRING, NOON

CHUNK = 7


def main(url: str, batch: str, at: int) -> None:
    """Do everything there is to do, unless the statement numbered `at` comes first."""
    consolidation_applying.CHUNK = consolidation_reading.CHUNK = CHUNK  # type: ignore[attr-defined]  # another size
    engine, statements = open_engine(url), count(1)

    @event.listens_for(engine, "after_cursor_execute")
    def _(*_: object) -> None:
        if next(statements) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    for _done in work(sessions(engine), UUID(batch), KEYRING, most_chunks=1000, now=NOON):
        pass


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
