"""A revision leaves people signing in, and the version before it working, on its tables."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import (
    Connection,
    Engine,
    bindparam,
    column,
    event,
    inspect,
    select,
    table,
    text,
    update,
)
from sqlalchemy.engine import make_url

import migrations
from kernel.db import Sessions, open_engine, transaction
from kernel.ids import new_id
from kernel.jobs import Job, enqueue
from migrations import afterwards, batches
from migrations.afterwards import Index
from migrations.batches import Batches
from tests import postgres
from tests.flows.provider import statements
from tests.make import NOON
from tests.migrations import rules
from tests.migrations.test_migrations import shape, shape_of
from web.cli import purge

# What follows this revision keeps the rules; each release writes its own newest here.
RELEASED = "0039"


@dataclass(frozen=True)
class Release:
    """What the next release does to the tables of the last."""

    before: rules.Shape
    after: rules.Shape
    statements: list[str]
    unused: dict[str, str]


@pytest.fixture(scope="module")
def release(postgres_server: str) -> Iterator[Release]:
    """Bring a database from the last release to this one, listening."""
    heard: list[str] = []

    def hear(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        heard.append(statement)

    with postgres.fresh_database(postgres_server) as url:
        migrations.upgrade(url, RELEASED)
        before = shape(url)
        event.listen(Engine, "before_cursor_execute", hear)
        try:
            migrations.upgrade(url)
        finally:
            event.remove(Engine, "before_cursor_execute", hear)
        yield Release(before, shape(url), heard, unused())


def unused() -> dict[str, str]:
    scripts = ScriptDirectory(str(migrations.HERE))
    found = [each for each in scripts.walk_revisions() if each.revision > RELEASED]
    named: dict[str, str] = {}
    for each in found:
        named |= getattr(each.module, "UNUSED_SINCE", {})
    return named


def test_no_revision_since_the_last_release_takes_away_rewrites_or_holds_up(
    release: Release,
) -> None:
    new = rules.created(release.statements, before=release.before)
    heard = " ".join(release.statements)

    found = list(rules.violations(release.statements, new=new, unused=release.unused))

    assert "UPDATE alembic_version" in heard  # else nothing was listened to
    assert found == []


def test_the_version_before_works_on_the_tables_of_the_next(release: Release) -> None:
    missed = list(rules.missed_beside(release.before, release.after))

    assert [each for each in missed if each.split()[0] not in release.unused] == []


def test_what_was_taken_away_is_said_to_be_unused_since_a_release(release: Release) -> None:
    changes = (migrations.HERE.parent / "CHANGELOG.md").read_text("utf-8")

    assert [each for each in release.unused.values() if f"## {each}" not in changes] == []


def test_an_upgrade_that_finds_a_table_in_use_gives_way_and_comes_again(
    postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gave_way: list[float] = []
    with postgres.fresh_database(postgres_server) as url:
        migrations.upgrade(url, RELEASED)
        engine = open_engine(url)
        with engine.connect() as holder:
            holder.execute(text("LOCK TABLE job IN SHARE UPDATE EXCLUSIVE MODE"))  # as autovacuum

            def let_go(seconds: float) -> None:
                gave_way.append(seconds)
                holder.rollback()

            monkeypatch.setattr(migrations, "sleep", let_go)
            migrations.upgrade(url, "0040")

        assert gave_way == [migrations.RESTS[0]]
        assert migrations.current(url) == "0040"
        engine.dispose()


def test_postgresql_tidies_up_early_what_is_purged(postgres_engine: Engine) -> None:
    purged = {each.model.__tablename__ for each in purge.STALE if each.keep <= purge.DAY}
    asked = text("SELECT relname FROM pg_class WHERE reloptions::text LIKE '%scale_factor=0.01%'")

    with postgres_engine.connect() as connection:
        early = set(connection.scalars(asked))

    assert {"token", "interaction", "spent_proof", "browser_session"} <= early & purged


BAD = (
    "DROP TABLE token",
    "ALTER TABLE token DROP COLUMN scope",
    'ALTER TABLE "token" RENAME scope TO scopes',
    "ALTER TABLE token RENAME TO tokens",
    "ALTER TABLE token ADD COLUMN colour VARCHAR(8) NOT NULL",
    "ALTER TABLE token ALTER COLUMN audience SET NOT NULL",
    "ALTER TABLE token ALTER COLUMN scope TYPE TEXT",
    "ALTER TABLE token ADD COLUMN mark UUID DEFAULT gen_random_uuid() NOT NULL",
    "CREATE INDEX ix_token_scope ON token (scope)",
    "CREATE UNIQUE INDEX ix_token_scope ON token (scope)",
    "ALTER TABLE token ADD CONSTRAINT ck_token_scope CHECK (scope <> '')",
    "ALTER TABLE token ADD CONSTRAINT uq_token_scope UNIQUE (scope)",
    "UPDATE token SET scope = '' WHERE true",
    "LOCK TABLE token",
    "DROP TABLE dim, token",
    'ALTER TABLE ONLY public."token" DROP COLUMN IF EXISTS scope CASCADE',
    "ALTER TABLE token ADD COLUMN hue VARCHAR(8), ALTER COLUMN scope TYPE TEXT",
    "ALTER TABLE token ADD COLUMN hue NUMERIC(4, 2) DEFAULT 0, DROP COLUMN scope",
    "SELECT 1; DROP TABLE token",
    "-- it is old\nDROP TABLE token",
    "DO $$ BEGIN DROP TABLE token; END $$",
    "TRUNCATE token",
    "TRUNCATE TABLE dim, token",
    "LOCK token",
    "CREATE INDEX IF NOT EXISTS ix_token_scope ON token (scope)",
    "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS ix_token_scope ON token (scope)",
    "ALTER TABLE token ADD CONSTRAINT uq_token_scope UNIQUE USING INDEX ix_token_scope",
    "CREATE TRIGGER token_no_update BEFORE UPDATE ON token EXECUTE FUNCTION refuse_change()",
    "ALTER TABLE token ADD COLUMN number BIGSERIAL",
    "ALTER TABLE token SET UNLOGGED",
    "REINDEX TABLE token",
    "CREATE OR REPLACE RULE kept AS ON DELETE TO token DO INSTEAD NOTHING",
)
GOOD = (
    "ALTER TABLE token ADD COLUMN colour VARCHAR(8)",
    "ALTER TABLE token ADD COLUMN colour VARCHAR(8) DEFAULT 'none' NOT NULL",
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS ix_token_scope ON token (scope)",
    "ALTER TABLE token ADD CONSTRAINT ck_token_scope CHECK (scope <> '') NOT VALID",
    "CREATE TABLE hue (id UUID NOT NULL, PRIMARY KEY (id))",
    "CREATE INDEX ix_hue_id ON hue (id)",
    "UPDATE alembic_version SET version_num='0099' WHERE version_num='0098'",
    "DROP TABLE dim",
    "ALTER TABLE token DROP COLUMN dim",
    "ALTER TABLE token ADD COLUMN hue VARCHAR(8), DROP COLUMN dim",
    "ALTER TABLE token ADD COLUMN hue VARCHAR(40) DEFAULT '; DROP TABLE token, DROP COLUMN scope'",
    "ALTER TABLE token DROP CONSTRAINT ck_token_kind",
    "ALTER TABLE token VALIDATE CONSTRAINT ck_token_kind",
    "CREATE UNIQUE INDEX ix_hue_id ON hue (id)",
    "CREATE TRIGGER hue_no_update BEFORE UPDATE ON hue EXECUTE FUNCTION refuse_change()",
    "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger AS $$ BEGIN UPDATE token; END $$",
)


def test_the_rules_know_what_holds_people_up_from_what_does_not() -> None:
    said = {"dim": "0.2.0", "token.dim": "0.2.0"}

    missed = [each for each in BAD if not list(rules.violations([each], new=set(), unused=said))]
    wronged = list(rules.violations(list(GOOD), new={"hue"}, unused=said))

    assert missed == []
    assert wronged == []


def test_a_table_that_is_dropped_and_made_again_is_not_new() -> None:
    remade = ["DROP TABLE token", "CREATE TABLE token (id UUID)", "CREATE TABLE hue (id UUID)"]

    new = rules.created(remade, before={"token": None})

    assert new == {"hue"}
    assert list(rules.violations(remade, new=new, unused={})) != []


THEN = """
CREATE TABLE t (
    id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, c INTEGER DEFAULT 0,
    kind VARCHAR(8), CONSTRAINT ck_t_kind CHECK (kind IN ('one', 'two')),
    CONSTRAINT ck_t_pair CHECK (a IS NULL AND b > 0),
    CONSTRAINT uq_t_b UNIQUE (b)
);
CREATE UNIQUE INDEX ix_t_c ON t (c) WHERE a IS NULL;
"""
CHANGES = {
    "ALTER TABLE t ALTER COLUMN a SET NOT NULL": ["t.a is wanted now"],
    "ALTER TABLE t DROP COLUMN a": ["t.a is gone", "t.ix_t_c is gone"],
    "ALTER TABLE t ADD COLUMN d INTEGER": [],
    "ALTER TABLE t ADD COLUMN d INTEGER UNIQUE": [],
    "ALTER TABLE t ADD COLUMN d INTEGER DEFAULT 0 NOT NULL": [],
    "ALTER TABLE t ADD COLUMN d INTEGER NOT NULL": ["t.d is new and wanted"],
    "ALTER TABLE t ADD COLUMN d INTEGER DEFAULT 0 UNIQUE": ["t is held to t_d_key"],
    "CREATE INDEX ix_t_a ON t (a)": [],
    "CREATE UNIQUE INDEX ix_t_a ON t (a)": ["t is held to ix_t_a"],
    "CREATE UNIQUE INDEX ix_t_c_too ON t (c)": ["t is held to ix_t_c_too"],
    "DROP INDEX ix_t_c": ["t.ix_t_c is gone"],
    "ALTER TABLE t DROP CONSTRAINT uq_t_b": ["t.uq_t_b is gone"],
    "ALTER TABLE t DROP CONSTRAINT uq_t_b, ADD UNIQUE (b)": [],
    "ALTER TABLE t ADD CHECK (a > 0) NOT VALID": ["t is held to a > 0"],
    "ALTER TABLE t DROP CONSTRAINT ck_t_kind, ADD CONSTRAINT ck_t_kind"
    " CHECK (kind IN ('two', 'three', 'one')) NOT VALID": [],
    "ALTER TABLE t DROP CONSTRAINT ck_t_pair, ADD CONSTRAINT ck_t_pair"
    " CHECK (a IS NULL AND b > 0 OR c = 1) NOT VALID": [],
    "ALTER TABLE t DROP CONSTRAINT ck_t_pair, ADD CONSTRAINT ck_t_pair"
    " CHECK (a IS NULL AND (b > 0 OR c = 1)) NOT VALID": [
        "t is held to a IS NULL AND (b > 0 OR c = 1)"
    ],
    "ALTER TABLE t ADD CHECK (kind IN ('one'))": ["t is held to kind::text = 'one'::text"],
    "ALTER TABLE t ADD CHECK (a NOT IN (1, 2))": ["t is held to a <> ALL (ARRAY[1, 2])"],
    "ALTER TABLE t DROP CONSTRAINT t_pkey": ["t.t_pkey is gone"],
    "DROP TABLE t": ["t is gone"],
}


def test_what_the_version_before_would_miss_in_a_table_is_named(postgres_server: str) -> None:
    found = {}
    with postgres.fresh_database(postgres_server) as url:
        engine = open_engine(url)
        for change in CHANGES:
            found[change] = _missed(engine, change)
        engine.dispose()

    assert found == CHANGES


def _missed(engine: Engine, change: str) -> list[str]:
    with engine.connect() as connection:
        connection.execute(text(THEN))
        before = {"t": shape_of(inspect(connection), "t")}
        connection.execute(text(change))
        after = inspect(connection)
        there = {"t": shape_of(after, "t")} if after.has_table("t") else {}
        connection.rollback()
    return sorted(rules.missed_beside(before, there))


# What runs beside people who sign in

JOBS = table("job", column("id", Job.id.type), column("attempts"), column("last_error"))
CHANGE = Batches(
    table=JOBS,
    key="id",
    values={"last_error": "changed"},
    unchanged=JOBS.c.last_error.is_(None),
)
ROWS = 250


@pytest.fixture
def rows(sessions: Sessions) -> int:
    with transaction(sessions) as session:
        for _ in range(ROWS):
            enqueue(session, "bench", {}, now=NOON)
    return ROWS


def test_rows_are_changed_in_batches_and_those_that_come_meanwhile_too(
    database: Engine, sessions: Sessions, rows: int
) -> None:
    done: list[int] = []

    def somebody_comes(count: int) -> None:
        done.append(count)
        if len(done) == 1:  # between two transactions: nothing is locked
            with transaction(sessions) as session:
                session.execute(update(Job).values(attempts=Job.attempts + 1))
                enqueue(session, "late", {}, now=NOON)

    changed = CHANGE.run(database, size=100, advance=somebody_comes)

    assert changed == sum(done) == rows + 1
    assert max(done) <= 100
    with statements(database) as again:
        assert CHANGE.run(database, size=100) == 0
    assert [each.partition(" ")[0] for each in again] == ["SELECT"]  # a later upgrade only asks
    with transaction(sessions) as session:
        assert set(session.scalars(select(Job.attempts))) == {0, 1}


def test_a_change_that_was_interrupted_goes_on_where_it_stopped(
    database: Engine, sessions: Sessions, rows: int
) -> None:
    def die(_count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        CHANGE.run(database, size=100, advance=die)

    with database.connect() as connection:
        assert batches.count(connection, CHANGE) == rows - 100
    assert CHANGE.run(database, size=100) == rows - 100


INDEX = Index(name="ix_job_kind_tried", table="job", columns=("kind", "attempts"))
VALID = text("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)")
ONE_RUNNER = 7_209_411_846  # of migrations/env.py, which runs revisions when it is imported


def test_an_index_is_built_once(empty_url: str) -> None:
    migrations.upgrade(empty_url, "0001")
    engine = open_engine(empty_url)

    for _ in range(2):
        INDEX.run(engine)

    assert _indexes(engine).count(INDEX.name) == 1
    engine.dispose()


def test_an_index_is_built_beside_whoever_writes(postgres_server: str) -> None:
    with postgres.fresh_database(postgres_server) as url:
        migrations.upgrade(url, "0001")
        engine = open_engine(url)
        with ThreadPoolExecutor(1) as pool, engine.begin() as writer:
            _write(writer)
            building = pool.submit(INDEX.run, engine)  # waits for us, and holds up nobody
            _wait_until_it_waits(engine)
            with engine.begin() as another:
                _write(another)
            writer.commit()
            building.result(60)

        assert INDEX.name in _indexes(engine)
        engine.dispose()


def test_an_index_whose_building_was_interrupted_is_built_anew(postgres_server: str) -> None:
    with postgres.fresh_database(postgres_server) as url:
        migrations.upgrade(url, "0001")
        engine = open_engine(url)
        INDEX.run(engine)
        with engine.begin() as connection:
            connection.execute(
                text("UPDATE pg_index SET indisvalid = false WHERE indexrelid = to_regclass(:n)"),
                {"n": INDEX.name},
            )

        INDEX.run(engine)

        with engine.connect() as connection:
            assert connection.scalar(VALID, {"name": INDEX.name})
        engine.dispose()


def test_what_comes_afterwards_runs_in_the_order_of_the_revisions(
    empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []

    class Noted:
        def __init__(self, name: str) -> None:
            self.name = name

        def run(self, _engine: Engine) -> None:
            ran.append(self.name)

    scripts = ScriptDirectory(str(migrations.HERE))
    for revision in ("0002", "0001", "0003"):
        module = scripts.get_revision(revision).module
        monkeypatch.setattr(module, "AFTERWARDS", (Noted(revision),), raising=False)

    afterwards.run(empty_url, scripts, "0002")

    assert ran == ["0001", "0002"]


def test_two_upgrades_at_once_build_one_index(
    postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts = ScriptDirectory(str(migrations.HERE))
    module = scripts.get_revision("0001").module
    monkeypatch.setattr(module, "AFTERWARDS", (INDEX,), raising=False)
    second_has_looked = Event()
    monkeypatch.setattr(afterwards, "sleep", lambda _seconds: second_has_looked.set())
    with postgres.fresh_database(postgres_server) as url:
        migrations.upgrade(url, "0001")
        engine = open_engine(url)
        begun = text("SELECT to_regclass(:name)::oid")
        with ThreadPoolExecutor(2) as pool, engine.begin() as writer:
            _write(writer)
            first = pool.submit(afterwards.run, url, scripts, "0001")
            _wait_until_it_waits(engine)  # its index is there, and not valid
            with engine.connect() as connection:
                one = connection.scalar(begun, {"name": INDEX.name})
            second = pool.submit(afterwards.run, url, scripts, "0001")
            assert second_has_looked.wait(60)
            writer.commit()
            first.result(60)
            second.result(60)

        with engine.connect() as connection:
            assert connection.scalar(begun, {"name": INDEX.name}) == one
            assert connection.scalar(VALID, {"name": INDEX.name})
        engine.dispose()


IMPATIENT = {"options": "-c lock_timeout=200 -c statement_timeout=200"}  # ms; of pages, in the URL


def test_what_comes_afterwards_may_take_longer_than_a_page(
    postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts = ScriptDirectory(str(migrations.HERE))
    module = scripts.get_revision("0001").module
    with postgres.fresh_database(postgres_server) as url:
        migrations.upgrade(url, "0001")
        monkeypatch.setattr(module, "AFTERWARDS", (INDEX,), raising=False)
        engine = open_engine(url)
        with ThreadPoolExecutor(1) as pool, engine.begin() as writer:
            _write(writer)
            building = pool.submit(afterwards.run, impatient(url), scripts, "0001")
            _wait_until_it_waits(engine)
            writer.execute(text("SELECT pg_sleep(0.5)"))  # longer than a page may wait
            writer.commit()
            building.result(60)

        assert INDEX.name in _indexes(engine)
        engine.dispose()


def test_an_upgrade_waits_for_another_longer_than_a_page_may(
    postgres_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gave_way: list[float] = []
    monkeypatch.setattr(migrations, "sleep", gave_way.append)
    with postgres.fresh_database(postgres_server) as url:
        engine = open_engine(url)
        with ThreadPoolExecutor(1) as pool, engine.begin() as another:
            another.execute(text(f"SELECT pg_advisory_xact_lock({ONE_RUNNER})"))
            upgrading = pool.submit(migrations.upgrade, impatient(url), "0001")
            _wait_until_it_waits(engine, FOR_ANOTHER)
            another.execute(text("SELECT pg_sleep(0.5)"))
            another.commit()
            upgrading.result(60)

        assert gave_way == []
        assert migrations.current(url) == "0001"
        engine.dispose()


def impatient(url: str) -> str:
    return make_url(url).update_query_dict(IMPATIENT).render_as_string(hide_password=False)


def _write(connection: Connection) -> None:
    insert = text(
        "INSERT INTO job (id, kind, payload, created_at, run_at, attempts)"
        " VALUES (:id, 'bench', '{}', :at, :at, 0)"
    ).bindparams(bindparam("id", type_=Job.id.type), bindparam("at", type_=Job.run_at.type))
    connection.execute(insert, {"id": new_id(), "at": NOON})


FOR_WRITERS = f"{postgres.WAITS.text} AND locktype = 'virtualxid'"

FOR_ANOTHER = (
    "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
    " WHERE NOT granted AND locktype = 'advisory' AND d.datname = current_database()"
)


def _wait_until_it_waits(engine: Engine, waits: str = FOR_WRITERS) -> None:
    waiting = False
    while not waiting:
        with engine.connect() as connection:
            waiting = bool(connection.scalar(text(waits)))


def _indexes(engine: Engine) -> list[str]:
    names = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index'",
        "postgresql": "SELECT indexname FROM pg_indexes",
    }
    with engine.connect() as connection:
        return list(connection.scalars(text(names[engine.dialect.name])))
