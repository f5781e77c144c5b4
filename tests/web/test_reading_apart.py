"""Pages that only read come from a standby that has everything, and without one as before."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import OperationalError

import migrations
from audit import footprint, trail
from audit.lines import Kind
from audit.models import LedgerLine, TrailEntry
from clients.officer_models import Role
from kernel import metrics
from kernel.db import open_engine
from kernel.replica import REST
from kernel.settings import Metrics
from tests import postgres
from tests.conftest import _emptied_afterwards
from tests.flows.browser import Browser
from tests.flows.provider import City, the_settings
from tests.web import staff
from tests.web.test_audits import Sides, a_look
from web import reading_apart, scope
from web.cli import checks, replica_checks

pytestmark = pytest.mark.slow
STAFF = (Role.REVIEWER, Role.AUDITOR, Role.OFFICER)
FOOTPRINT = "/account/footprint"
TOKEN = "a-token-of-forty-characters-for-tests-only"


@pytest.fixture(scope="module")
def primary() -> Iterator[postgres.Cluster]:
    with postgres.own_cluster() as cluster:
        migrations.upgrade(cluster.url)
        yield cluster


@pytest.fixture(scope="module")
def copied(primary: postgres.Cluster) -> Iterator[postgres.Cluster]:
    with postgres.standby_of(primary) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def primary_engine(primary: postgres.Cluster) -> Iterator[Engine]:
    engine = open_engine(primary.url)
    yield engine
    engine.dispose()


@pytest.fixture
def database(primary_engine: Engine) -> Iterator[Engine]:
    yield from _emptied_afterwards(primary_engine)


@pytest.fixture
def standby(copied: postgres.Cluster, city: City, tmp_path: Path) -> Iterator[postgres.Cluster]:
    """Lend the standby; pages are read from it, and what is counted begins at nothing."""
    with read_from(city, copied.url, tmp_path):
        yield copied


@contextmanager
def read_from(city: City, url: str, folder: Path) -> Iterator[None]:
    metrics.REPLICA.clear()
    watched = Metrics(token=SecretStr(TOKEN), folder=folder)
    city.configure(database_url=url, replica_url=url, metrics=watched)
    with closing(city.app.extensions["taipei_id"].replica):
        yield


def counted() -> dict[str, float]:
    samples = [each for family in metrics.REPLICA.collect() for each in family.samples]
    return {each.labels["outcome"]: each.value for each in samples if each.name.endswith("_total")}


def somebody(city: City) -> Browser:
    browser = Browser(city)
    browser.sign_in()
    return browser


def addresses(city: City) -> list[str]:
    """Return where the pages are that need nothing but who asks."""
    views = city.app.view_functions
    return [
        str(rule)
        for rule in city.app.url_map.iter_rules()
        if not rule.arguments and _name(views[rule.endpoint]) in reading_apart.READ_APART
    ]


def _name(view: object) -> str:
    return f"{getattr(view, '__module__', '')}.{getattr(view, '__name__', '')}"


def test_every_page_that_only_reads_reads_nothing_but_the_standby(
    city: City, standby: postgres.Cluster
) -> None:
    people = [staff.an_officer(city, role, f"some.{role.value}") for role in STAFF[:2]]
    people += [Sides(city).agency, somebody(city)]
    found = addresses(city)

    for address in found:
        assert any(each.get(address).status_code == 200 for each in people), address

    assert len(found) > 20
    assert set(counted()) == {"read"}  # no page wrote to the standby: that it would have refused
    assert counted()["read"] >= len(found)


def test_that_somebody_looked_is_written_to_the_database_itself(
    city: City, standby: postgres.Cluster
) -> None:
    sides = Sides(city)
    a_look(city, city.member_id(), 1)
    reference = sides.asked()

    shown = [
        sides.auditor.get(f"/audit/{reference}").status_code,
        sides.auditor.get(f"/audit/{reference}/sample/1").status_code,
        sides.agency.get(f"/agency/audits/{reference}").status_code,
    ]

    assert shown == [200, 200, 200]
    assert set(counted()) == {"read"}
    with city.database() as session:
        viewed = session.scalars(select(LedgerLine).where(LedgerLine.kind == Kind.VIEWED)).all()
    assert [each.detail["case"] for each in viewed][-1:] == [reference]


def test_whoever_wrote_reads_what_they_wrote(city: City, standby: postgres.Cluster) -> None:
    browser = somebody(city)
    copy = open_engine(standby.url)
    with copy.begin() as connection:
        connection.execute(text("SELECT pg_wal_replay_pause()"))
    with city.database() as session:
        footprint.record(session, Kind.PASSWORD_CHANGED, member_id=city.member_id(), now=city.now)

    behind = browser.get(FOOTPRINT).text
    with copy.begin() as connection:
        connection.execute(text("SELECT pg_wal_replay_resume()"))
    caught_up = browser.get(FOOTPRINT).text
    copy.dispose()

    assert "密碼" in behind
    assert behind.count("<li") == caught_up.count("<li")
    assert counted() == {"behind": 1, "read": 1}


def test_what_is_no_copy_of_the_database_is_not_read(
    city: City, primary: postgres.Cluster, postgres_server: str, tmp_path: Path
) -> None:
    browser = somebody(city)
    for url in (primary.url, postgres_server):
        with read_from(city, url, tmp_path):
            assert browser.get(FOOTPRINT).status_code == 200

        assert counted() == {"behind": 1}
        with pytest.raises(checks.Warned, match="not a copy"):
            replica_checks.replica(the_settings(database_url=primary.url, replica_url=url))


def test_a_page_whose_standby_fails_is_made_again(city: City, standby: postgres.Cluster) -> None:
    read: list[bool] = []

    @reading_apart.read_apart
    def page() -> str:
        read.append(scope.db() is not scope.primary())
        trail.record(scope.primary(), "page.seen", actor=None, now=scope.now())
        scope.db().execute(text("CREATE TEMPORARY TABLE written (of_a_page INTEGER)"))
        return "made"

    with city.app.test_request_context("/"):
        trail.record(scope.db(), "somebody.came", actor=None, now=scope.now())
        made = page()
        scope.keep()

    assert (made, read) == ("made", [True, False])
    with city.database() as session:
        events = session.scalars(select(TrailEntry.event)).all()
    assert [events.count(each) for each in ("somebody.came", "page.seen")] == [1, 1]


def test_a_job_reads_from_the_standby_until_that_fails(
    city: City, standby: postgres.Cluster
) -> None:
    rooms = city.app.extensions["taipei_id"]

    def fail() -> None:
        with reading_apart.lent(rooms, now=city.now) as make:
            assert make is rooms.replica.sessions
            raise OperationalError("SELECT", {}, ConnectionError("gone"))

    with pytest.raises(OperationalError):
        fail()

    with reading_apart.lent(rooms, now=city.now) as make:
        assert make is city.sessions
    city.wait(seconds=REST.total_seconds())
    with reading_apart.lent(rooms, now=city.now) as make:
        assert make is rooms.replica.sessions


def test_a_standby_that_is_away_costs_nobody_their_page(
    city: City, standby: postgres.Cluster, primary: postgres.Cluster
) -> None:
    settings = the_settings(database_url=primary.url, replica_url=standby.url)
    assert "a copy of the database" in replica_checks.replica(settings)
    metrics.REPLICA.clear()
    browser = somebody(city)
    token = {"Authorization": f"Bearer {TOKEN}"}
    here = city.call("/metrics", headers=token).text.splitlines()
    browser.get(FOOTPRINT)
    standby.crash()

    shown = [browser.get(FOOTPRINT).status_code for _ in range(3)]
    away = city.call("/metrics", headers=token).text.splitlines()
    with pytest.raises(checks.Warned, match="away"):
        replica_checks.replica(settings)
    standby.start()
    city.wait(seconds=REST.total_seconds())

    assert shown == [200, 200, 200]
    assert counted() == {"read": 1, "away": 1}  # it is left alone for a while
    assert browser.get(FOOTPRINT).status_code == 200
    assert counted() == {"read": 2, "away": 1}
    assert "taipei_id_replica_reached 1.0" in here
    assert "taipei_id_replica_reached 0.0" in away
