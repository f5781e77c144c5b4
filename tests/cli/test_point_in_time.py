"""Go back to a moment by the very lines of docs/backups.md: what came later is gone."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, select, text

from audit import footprint
from audit.lines import Kind
from kernel import clock
from kernel.db import open_engine, sessions, transaction
from members.models import Member
from tests import make, postgres, tables
from tests.cli.conftest import Taipei

pytestmark = pytest.mark.slow

BACKUPS = Path(__file__).parents[2] / "docs/backups.md"
SECTION = "## To a point in time"


def documented(wal: Path) -> tuple[str, str, str]:
    """Return how to archive, how to go back, and what is said then, as operators read it."""
    section = BACKUPS.read_text("utf-8").split(SECTION)[1].replace("/wal/", f"{wal}/")
    archiving = re.findall(r"```ini\n(.*?)```", section, re.DOTALL)
    going_back = re.findall(r"`((?:restore|recovery)_\w+ = '[^'`]*')`", section)
    said = re.findall(r"`(SELECT [^`]*)`", section)
    assert (len(archiving), len(going_back), len(said)) == (1, 2, 1)
    return archiving[0], "\n".join(going_back), said[0]


@pytest.fixture
def wal() -> Iterator[Path]:
    with postgres.archive() as folder:
        yield folder


@pytest.fixture
def primary(wal: Path) -> Iterator[postgres.Cluster]:
    """Lend a server that archives what it writes."""
    archiving, _, _ = documented(wal)
    with postgres.own_cluster(told=archiving) as cluster:
        yield cluster


def test_what_was_there_at_the_moment_comes_back_and_verifies(
    primary: postgres.Cluster, wal: Path, taipei_id: Taipei, environment: pytest.MonkeyPatch
) -> None:
    _, going_back, resuming = documented(wal)
    environment.setenv("TAIPEI_ID_DATABASE_URL", primary.url)
    tables.prepare(primary.url)
    assert taipei_id("keys", "rotate").exit_code == 0
    with opened(primary) as engine:
        enter(engine, "before.copy")
        with postgres.copy_of(primary) as copy:
            enter(engine, "after.copy")
            assert taipei_id("ledger", "seal").exit_code == 0
            moment = now(engine)
            enter(engine, "after.moment")
            lose(engine, "before.copy")
            archive_all(engine)
            primary.crash()  # and its disk is gone

            copy.tell(re.sub(r"(_time = )'.*'", rf"\1'{moment.isoformat(sep=' ')}'", going_back))
            copy.recover()
            environment.setenv("TAIPEI_ID_DATABASE_URL", copy.url)
            with opened(copy) as back:
                looked_at = people(back)  # before anything is decided
                resume(back, resuming)
                enter(back, "goes.on")

                assert looked_at == {"before.copy", "after.copy"}
                assert people(back) == {"before.copy", "after.copy", "goes.on"}
            assert taipei_id("db", "check").exit_code == 0
            assert taipei_id("ledger", "verify").exit_code == 0


@contextmanager
def opened(cluster: postgres.Cluster) -> Iterator[Engine]:
    engine = open_engine(cluster.url)
    try:
        yield engine
    finally:
        engine.dispose()


def enter(engine: Engine, login: str) -> None:
    """Put a member on record, with a line on the footprint."""
    with transaction(sessions(engine)) as session:
        member = make.a_member(session, login)
        footprint.record(session, Kind.LOGGED_IN, member_id=member.id, now=clock.now())


def now(engine: Engine) -> datetime:
    """Return the server's moment: what was committed is before it."""
    moment: datetime = asked(engine, "SELECT clock_timestamp()")
    return moment


def lose(engine: Engine, login: str) -> None:
    """Delete somebody, as nobody should."""
    with transaction(sessions(engine)) as session:
        session.execute(delete(Member).where(Member.login == login))


def archive_all(engine: Engine) -> None:
    """Wait until what was written is in the archive; `archive_timeout` would see to it too."""
    file = str(asked(engine, "SELECT pg_walfile_name(pg_switch_wal())"))
    while str(asked(engine, "SELECT last_archived_wal FROM pg_stat_archiver") or "") < file:
        pass


def resume(engine: Engine, resuming: str) -> None:
    """Say what operators say once they have looked, and wait until it may be written again."""
    asked(engine, resuming)
    while asked(engine, "SELECT pg_is_in_recovery()"):
        pass


def asked(engine: Engine, question: str) -> Any:  # of several types
    with engine.connect() as connection:
        return connection.scalar(text(question))


def people(engine: Engine) -> set[str]:
    with transaction(sessions(engine)) as session:
        return set(session.scalars(select(Member.login)))
