from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from tests import postgres

WAITS = postgres.WAITS.text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("own-server")


def answer(url: str, question: str) -> object:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return connection.scalar(text(question))
    finally:
        engine.dispose()


@pytest.mark.slow
def test_users_share_one_server_and_the_last_one_out_stops_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(postgres.URL_VARIABLE, raising=False)

    with postgres.shared_server(folder) as first:
        with postgres.shared_server(folder) as second:
            cluster = (folder / "cluster").readlink()
        survived = answer(first, "SELECT 1")

    assert second == first
    assert survived == 1
    assert not cluster.exists()
    with pytest.raises(OperationalError):
        answer(first, "SELECT 1")


@pytest.mark.slow
def test_a_database_is_empty_at_first_and_gone_at_last(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(postgres.URL_VARIABLE, raising=False)

    with postgres.shared_server(folder) as server:
        with postgres.fresh_database(server) as url:
            tables = answer(
                url, "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
            )
        with pytest.raises(OperationalError, match="does not exist"):
            answer(url, "SELECT 1")

    assert tables == 0


def test_who_waits_in_another_database_of_the_server_is_not_counted(postgres_server: str) -> None:
    with (
        postgres.fresh_database(postgres_server) as here,
        postgres.fresh_database(postgres_server) as there,
        psycopg.connect(_plain(there), autocommit=True) as holding,
        ThreadPoolExecutor(1) as another,
    ):
        holding.execute("CREATE TABLE town AS SELECT 1 AS number")
        with holding.transaction():
            holding.execute("UPDATE town SET number = 2")
            waiting = another.submit(_update, _plain(there))
            while not answer(there, WAITS):
                assert not waiting.done()
            elsewhere = answer(here, WAITS)
        waiting.result()

    assert elsewhere == 0


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _update(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE town SET number = 3")


@pytest.mark.slow
def test_a_stranger_on_the_machine_is_not_let_in(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(postgres.URL_VARIABLE, raising=False)

    with postgres.shared_server(folder) as server:
        port = make_url(server).port

        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(host="127.0.0.1", port=port, user="postgres", dbname="postgres")


def test_a_given_server_is_used_and_none_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(postgres.URL_VARIABLE, "postgresql+psycopg://given.invalid/postgres")

    with postgres.shared_server(tmp_path / "unused") as server:
        assert server == "postgresql+psycopg://given.invalid/postgres"

    assert not (tmp_path / "unused").exists()
