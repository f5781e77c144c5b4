"""`taipei-id backup` and `restore`: what was copied comes back, and nothing is overwritten."""

import io
import json
import resource
import stat
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

import migrations
from audit import footprint
from audit.lines import Kind
from kernel import backups, clock
from kernel.db import open_engine, sessions, transaction
from kernel.ids import new_id
from tests import make, postgres
from tests.cli.conftest import Taipei
from tests.migrations.test_without_stopping import RELEASED

Rows = dict[str, list[tuple[Any, ...]]]  # as the driver gives them


@pytest.fixture
def city(prepared: Engine, taipei_id: Taipei) -> Engine:
    """Lend a database with members, keys and sealed lines."""
    assert taipei_id("keys", "rotate").exit_code == 0
    with transaction(sessions(prepared)) as session:
        for login in ("mei.chen", "ming.lin"):
            member_id = make.a_member(session, login).id
            footprint.record(session, Kind.LOGGED_IN, member_id=member_id, now=clock.now())
    assert taipei_id("ledger", "seal").exit_code == 0
    return prepared


@pytest.fixture
def another(
    city: Engine, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[[], str]]:
    """Lend the URLs of as many empty databases of the same engine as are asked for."""
    with ExitStack() as stack:

        def open_another() -> str:
            if city.dialect.name == "sqlite":
                return f"sqlite+pysqlite:///{tmp_path}/{new_id().hex}.sqlite3"
            server = request.getfixturevalue("postgres_server")
            return stack.enter_context(postgres.fresh_database(server))

        yield open_another


@pytest.fixture
def empty(another: Callable[[], str]) -> str:
    """Lend the URL of an empty database of the same engine."""
    return another()


def everything(url: str) -> Rows:
    engine = open_engine(url)
    with engine.connect() as connection:
        found = {
            name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for name, table in migrations.metadata().tables.items()
        }
    engine.dispose()
    return found


def test_what_was_copied_comes_back_row_by_row_and_verifies(
    city: Engine,
    taipei_id: Taipei,
    tmp_path: Path,
    empty: str,
    environment: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "copy.tar"
    before = everything(city.url.render_as_string(hide_password=False))
    taken = taipei_id("backup", str(file))
    with transaction(sessions(city)) as session:  # after the copy, so not in it
        footprint.record(session, Kind.LOGGED_IN, member_id=new_id(), now=clock.now())

    environment.setenv("TAIPEI_ID_DATABASE_URL", empty)
    restored = taipei_id("restore", str(file))

    assert taken.stdout.startswith(f"{file}: {city.dialect.name}")
    assert f"revision {migrations.head()}" in taken.stdout.replace("\n", " ")
    assert restored.exit_code == 0, restored.output
    assert "2 members, the last checkpoint is number 1" in restored.stdout.replace("\n", " ")
    assert everything(empty) == before
    assert taipei_id("ledger", "verify").exit_code == 0


def test_a_copy_of_an_earlier_version_comes_back_and_is_brought_up(
    city: Engine,
    taipei_id: Taipei,
    tmp_path: Path,
    another: Callable[[], str],
    environment: pytest.MonkeyPatch,
) -> None:
    before = everything(city.url.render_as_string(hide_password=False))
    assert taipei_id("backup", str(tmp_path / "now.tar")).exit_code == 0
    environment.setenv("TAIPEI_ID_DATABASE_URL", earlier := another())
    assert taipei_id("restore", str(tmp_path / "now.tar")).exit_code == 0
    migrations.downgrade(earlier, RELEASED)
    backups.take(earlier, tmp_path / "then.tar", revision=RELEASED, now=make.NOON)

    environment.setenv("TAIPEI_ID_DATABASE_URL", empty := another())
    restored = taipei_id("restore", str(tmp_path / "then.tar"))

    assert restored.exit_code == 0, restored.output
    assert f"revision {RELEASED}" in restored.stdout.replace("\n", " ")
    assert migrations.current(empty) == migrations.head()
    assert everything(empty) == before
    assert taipei_id("ledger", "verify").exit_code == 0


def test_a_copy_is_its_owners_alone_and_is_never_written_over(
    city: Engine, taipei_id: Taipei, tmp_path: Path
) -> None:
    file = tmp_path / "copy.tar"

    assert taipei_id("backup", str(file)).exit_code == 0
    again = taipei_id("backup", str(file))

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert again.exit_code == 1
    assert "exists already" in again.stderr
    assert [each.name for each in tmp_path.glob(".taipei-id-backup-*")] == []


def test_nothing_is_restored_over_what_is_there(
    city: Engine, taipei_id: Taipei, tmp_path: Path
) -> None:
    file = tmp_path / "copy.tar"
    assert taipei_id("backup", str(file)).exit_code == 0

    refused = taipei_id("restore", str(file))

    assert refused.exit_code == 1
    assert "not empty" in refused.stderr


def test_no_copy_is_made_through_a_pooler(tmp_path: Path) -> None:
    url = "postgresql+psycopg://127.0.0.1/taipei_id?pooled=transaction"

    with pytest.raises(backups.BackupFailed, match="name the server itself"):
        backups.take(url, tmp_path / "copy.tar", revision="0001", now=make.NOON)


one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@one_database
def test_a_copy_says_whether_it_is_whole(city: Engine, taipei_id: Taipei, tmp_path: Path) -> None:
    file = tmp_path / "copy.tar"
    assert taipei_id("backup", str(file)).exit_code == 0
    assert "whole" in taipei_id("restore", str(file), "--check").stdout

    whole = file.read_bytes()
    place = whole.index(b"SQLite format 3") + 5_000
    file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])

    damaged = taipei_id("restore", str(file), "--check")
    assert damaged.exit_code == 1
    assert "damaged" in damaged.stderr


@one_database
def test_a_copy_is_looked_at_where_there_is_no_room_for_it(
    city: Engine, taipei_id: Taipei, tmp_path: Path
) -> None:
    file = tmp_path / "copy.tar"
    assert taipei_id("backup", str(file)).exit_code == 0

    with no_room():
        checked = taipei_id("restore", str(file), "--check")

    assert "whole" in checked.stdout
    assert checked.exit_code == 0


@one_database
def test_a_full_disk_is_not_taken_for_a_broken_copy(
    city: Engine, taipei_id: Taipei, tmp_path: Path, empty: str, environment: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "copy.tar"
    with no_room():
        untaken = taipei_id("backup", str(file))
    assert taipei_id("backup", str(file)).exit_code == 0
    environment.setenv("TAIPEI_ID_DATABASE_URL", empty)
    with no_room():
        unrestored = taipei_id("restore", str(file))

    for refused in (untaken, unrestored):
        assert refused.exit_code == 1
        assert refused.stderr.startswith("Error: it could not be written: ")
    assert "File too large" in unrestored.stderr
    assert taipei_id("restore", str(file)).exit_code == 0


@one_database
def test_a_copy_is_unpacked_beside_itself(
    city: Engine, taipei_id: Taipei, tmp_path: Path, empty: str, environment: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "copy.tar"
    assert taipei_id("backup", str(file)).exit_code == 0
    environment.setattr(tempfile, "tempdir", str(tmp_path / "a memory that is too small"))
    environment.setenv("TAIPEI_ID_DATABASE_URL", empty)

    restored = taipei_id("restore", str(file))

    assert restored.exit_code == 0, restored.stderr


@contextmanager
def no_room() -> Iterator[None]:
    """Let no file grow beyond 64 KB."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_copy_of_a_later_versions_tables_says_so_and_comes_back(
    city: Engine, taipei_id: Taipei, tmp_path: Path, empty: str, environment: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "copy.tar"
    with standing_at(city, "9999"):
        taken = taipei_id("backup", str(file))
    environment.setenv("TAIPEI_ID_DATABASE_URL", empty)

    restored = taipei_id("restore", str(file))

    assert "revision 9999" in taken.stdout.replace("\n", " ")
    assert restored.exit_code == 0, restored.stderr
    assert "2 members" in restored.stdout
    assert migrations.current(empty) == "9999"


@contextmanager
def standing_at(engine: Engine, revision: str) -> Iterator[None]:
    """Let a later version have been at the tables, while the block runs."""
    moved = text("UPDATE alembic_version SET version_num = :revision")
    with engine.begin() as connection:
        connection.execute(moved, {"revision": revision})
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(moved, {"revision": migrations.head()})


def a_tar(**members: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name.replace("_", "."))
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return made.getvalue()


SAID = {"engine": "sqlite", "revision": "0001", "taken_at": "now", "sha256": "0", "format": 1}


@one_database
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no tar at all",
        a_tar(data=b""),
        a_tar(manifest_json=b"{}", data=b""),
        a_tar(manifest_json=b"[", data=b""),
        a_tar(manifest_json=json.dumps(SAID).encode()),
        a_tar(manifest_json=json.dumps({**SAID, "format": 2}).encode(), data=b""),
        a_tar(manifest_json=json.dumps({**SAID, "more": 1}).encode(), data=b""),
    ],
)
def test_what_is_no_copy_is_refused_in_a_line(
    prepared: Engine, taipei_id: Taipei, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "copy.tar"
    file.write_bytes(content)

    refused = taipei_id("restore", str(file), "--check")

    assert refused.exit_code == 1
    assert refused.stderr.startswith("Error: ")


def test_a_copy_of_another_engine_is_refused(
    city: Engine,
    taipei_id: Taipei,
    tmp_path: Path,
    environment: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "copy.tar"
    assert taipei_id("backup", str(file)).exit_code == 0
    other = {"sqlite": "postgresql+psycopg://nobody@127.0.0.1:1/none"}
    url = other.get(city.dialect.name, f"sqlite+pysqlite:///{tmp_path}/other.sqlite3")
    environment.setenv("TAIPEI_ID_DATABASE_URL", url)

    refused = taipei_id("restore", str(file))

    assert refused.exit_code == 1
    assert "names another" in refused.stderr or "name another" in refused.stderr


def test_a_database_that_is_not_there_is_not_copied(
    environment: pytest.MonkeyPatch, taipei_id: Taipei, tmp_path: Path
) -> None:
    refused = taipei_id("backup", str(tmp_path / "copy.tar"))

    assert refused.exit_code == 1
    assert not (tmp_path / "copy.tar").exists()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_without_postgresqls_programs_it_says_what_to_install(
    prepared: Engine, taipei_id: Taipei, tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("PATH", str(tmp_path))

    refused = taipei_id("backup", str(tmp_path / "copy.tar"))

    assert refused.exit_code == 1
    assert "pg_dump is missing" in refused.stderr
