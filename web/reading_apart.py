"""Let pages that only read be read from a standby: `@read_apart`, below who may come in.

    @bp.get("")
    @consoles.staff_required(Role.REVIEWER)
    @read_apart
    def index() -> str: ...

Who may come in was decided by the database itself. What a page writes down about being read goes
there as well: through `scope.primary()`. A standby that fails under a page costs it a second try.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from typing import ParamSpec

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from kernel.db import Sessions, transaction
from kernel.replica import Replica
from web import scope
from web.rooms import Rooms

P = ParamSpec("P")
READ_APART: set[str] = set()  # the views, by module and name


def read_apart(view: Callable[P, str]) -> Callable[P, str]:
    """Read what this view reads from the standby, if there is one and it has everything.

    The view only reads and returns its whole page: what it left to be written is undone, and the
    view done again, where the standby fails.
    """
    READ_APART.add(f"{view.__module__}.{view.__name__}")

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> str:
        session = _find()
        if session is None:
            return view(*args, **kwargs)
        try:
            with scope.apart(session):
                return view(*args, **kwargs)
        except DBAPIError:
            scope.abandon()
            _leave()
        return view(*args, **kwargs)

    return guarded


@contextmanager
def lent(rooms: Rooms, *, now: datetime) -> Iterator[Sessions]:
    """Lend a job what it reads much through: the standby's sessions, if that has everything.

    If the standby fails so does the job, which is done again, then without it.
    """
    replica = rooms.replica
    if replica is None or not _is_ready(rooms, replica, now=now):
        yield rooms.sessions
        return
    try:
        yield replica.sessions
    except DBAPIError:
        replica.leave(now=now)
        raise


def _is_ready(rooms: Rooms, replica: Replica, *, now: datetime) -> bool:
    with transaction(rooms.sessions) as session:
        found = replica.find(session, now=now)
    if found is not None:
        found.close()
    return found is not None


def _find() -> Session | None:
    replica = scope.rooms().replica
    if replica is None:
        return None
    scope.keep()  # who came in is written down, whatever becomes of the page
    return replica.find(scope.primary(), now=scope.now())


def _leave() -> None:
    replica = scope.rooms().replica
    if replica is not None:
        replica.leave(now=scope.now())
