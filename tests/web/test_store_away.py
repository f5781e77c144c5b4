"""The database cannot be asked: everybody is told to come back soon."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from psycopg.errors import DiskFull
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from kernel.ids import new_id
from kernel.work import WorkSession
from tests import make
from tests.flows.browser import Browser
from tests.flows.provider import City, basic

DEADLOCK = """
CREATE FUNCTION deadlock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01'; END $$"""
ENDS = "FOR EACH STATEMENT EXECUTE FUNCTION deadlock()"


@contextmanager
def ended_by_the_database(city: City, *tables: str) -> Iterator[None]:
    """Let who writes in these tables be the one of two that PostgreSQL gives up."""
    with city.database() as session:
        session.execute(text(DEADLOCK))
        for table in tables:
            session.execute(text(f"CREATE TRIGGER lost BEFORE INSERT OR UPDATE ON {table} {ENDS}"))
    try:
        yield
    finally:
        with city.database() as session:
            session.execute(text("DROP FUNCTION deadlock CASCADE"))


def fail(*_: object, **__: object) -> None:
    raise OperationalError("SELECT secret", {"name": "陳美玉"}, ConnectionError("gone"))


def signed_in(city: City) -> Browser:
    browser = Browser(city)
    browser.sign_in()
    return browser


# How it fails: before anything could be asked, and when everything was done but the commit.
HOW = pytest.mark.parametrize("step", ["_open", "commit"])


@HOW
def test_people_get_a_page_that_says_so(
    city: City, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    browser = signed_in(city)
    monkeypatch.setattr(WorkSession, step, fail)

    with capture_logs() as logs:
        response = browser.get("/account")

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert "現在暫時不能使用" in response.text
    assert {"event": "store.away", "error": "ConnectionError"}.items() <= logs[-1].items()
    assert "secret" not in str(logs)
    assert "陳美玉" not in str(logs)


def test_the_log_says_in_the_database_s_own_code_why(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(*_: object, **__: object) -> None:
        raise OperationalError("SELECT secret", {}, DiskFull())

    browser = signed_in(city)
    monkeypatch.setattr(WorkSession, "_open", fill)

    with capture_logs() as logs:
        browser.get("/account")

    assert logs[-1]["sqlstate"] == "53100"  # nor by a name that the log hides: test_logs


@HOW
def test_clients_are_told_in_the_words_of_their_protocol(
    city: City, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    code = signed_in(city).code()
    monkeypatch.setattr(WorkSession, step, fail)

    response = city.exchange(code)

    assert response.status_code == 503
    assert response.get_json()["error"] == "temporarily_unavailable"
    assert response.headers["Retry-After"] == "5"


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_whom_the_database_ends_of_two_that_wait_for_each_other_is_told_to_come_again(
    city: City,
) -> None:
    code, browser = signed_in(city).code(), Browser(city)
    page = browser.get("/account/login")

    with capture_logs() as logs, ended_by_the_database(city, "token", "browser_session"):
        person = browser.submit(page, login_id="mei.chen", password=make.PASSWORD)
        client = city.exchange(code)

    assert (person.status_code, person.headers["Retry-After"]) == (503, "5")
    assert "現在暫時不能使用" in person.text
    assert (client.status_code, client.headers["Retry-After"]) == (503, "5")
    assert client.get_json()["error"] == "temporarily_unavailable"
    assert [each["sqlstate"] for each in logs if each["event"] == "store.away"] == [
        "40P01",
        "40P01",
    ]


def test_programs_are_told_by_a_problem(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WorkSession, "_open", fail)

    response = city.call("/api/verify", {"terminal": str(new_id())}, headers=basic("library"))

    assert response.status_code == 503
    assert response.mimetype == "application/problem+json"
    assert response.headers["Retry-After"] == "5"


def test_a_bug_at_the_commit_is_noted_as_one(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = signed_in(city)
    monkeypatch.setattr(WorkSession, "commit", lambda *_, **__: 1 / 0)

    with capture_logs() as logs:
        response = browser.get("/account")

    assert response.status_code == 500
    assert "bug" in [each["event"] for each in logs]
