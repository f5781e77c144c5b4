"""Lend a copy of the database to pages that only read: one that has everything, or none.

Before each loan the copy is asked whether it has what the database had made certain by then. So a
page read from it shows what was done before it was asked for, by whoever and on whatever node, and
nobody has to remember who wrote when (docs/decisions/0153). A copy that is away, too far behind or
no copy of it costs nothing but time: the database itself is read.
"""

from datetime import datetime, timedelta
from time import sleep
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    String,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from kernel import metrics
from kernel.db import Sessions, open_engine, sessions
from kernel.prebuilt import Given, Prebuilt
from kernel.work import WorkSession

PATIENCE = (0.005, 0.01, 0.02, 0.04, 0.08)  # seconds between two questions
REST = timedelta(seconds=10)  # after a failure, before it is asked again
# libpq's own: nobody waits longer for a copy that does not answer. The URL may say otherwise.
SHORT = {"connect_timeout": "2", "tcp_user_timeout": "5000"}  # seconds; milliseconds


def _bytes(lsn: ColumnElement[Any]) -> ColumnElement[int]:
    """Return a place in the write-ahead log as the bytes before it."""
    return cast(func.pg_wal_lsn_diff(lsn, literal_column("'0/0'")), BigInteger)


CLUSTER = (
    select(literal_column("system_identifier", BigInteger))
    .select_from(func.pg_control_system())
    .scalar_subquery()
)
CERTAIN = Prebuilt(
    select(
        _bytes(func.pg_current_wal_flush_lsn()).label("place"),
        CLUSTER.label("cluster"),
        func.current_database(type_=String()).label("name"),
    )
)
HAS = Prebuilt(
    select(
        and_(
            func.pg_is_in_recovery(),
            bindparam("cluster", type_=BigInteger()) == CLUSTER,
            func.current_database(type_=String()) == bindparam("name", type_=String()),
            _bytes(func.pg_last_wal_replay_lsn()) >= bindparam("place", type_=BigInteger()),
        ).label("has")
    )
)
LAG = text(
    "SELECT CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0"
    " ELSE EXTRACT(EPOCH FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END"
)


class Replica:
    """A standby of the database, and until when it is left alone."""

    def __init__(self, url: str) -> None:
        """Read at `url`; open nothing yet."""
        address = make_url(url)
        given = {name: value for name, value in SHORT.items() if name not in address.query}
        patient = address.update_query_dict(given).render_as_string(hide_password=False)
        self.sessions: Sessions = sessions(open_engine(patient))
        self._left_until: datetime | None = None

    def find(self, primary: Session, *, now: datetime) -> WorkSession | None:
        """Return a session on the standby, if it has what `primary` had at this moment.

        Whoever gets one closes it.
        """
        if self._left_until is not None and now < self._left_until:
            return None
        lent = WorkSession(self.sessions)
        try:
            if _catches_up(lent, CERTAIN.all(primary, {})[0]._asdict()):
                metrics.REPLICA.labels("read").inc()
                return lent
        except SQLAlchemyError:
            self.leave(now=now)
        else:
            metrics.REPLICA.labels("behind").inc()
        lent.close()
        return None

    def leave(self, *, now: datetime) -> None:
        """Leave it alone for a while: it failed."""
        metrics.REPLICA.labels("away").inc()
        self._left_until = now + REST
        self.close()

    def close(self) -> None:
        """Close what stands open to it; it may be read again all the same."""
        self.sessions.kw["bind"].dispose()

    def lag(self) -> float:
        """Return by how many seconds it is behind. Raises SQLAlchemyError where it is away."""
        with self.sessions() as session:
            return float(session.scalar(LAG) or 0)


def _catches_up(standby: Session, certain: Given) -> bool:
    for pause in PATIENCE:
        if _has(standby, certain):
            return True
        sleep(pause)
    return _has(standby, certain)


def _has(standby: Session, certain: Given) -> bool:
    return bool(HAS.all(standby, certain)[0].has)
