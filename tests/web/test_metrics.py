"""What machines that watch are told: numbers under few codes of ours, and only with the token."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy.exc import OperationalError

from audit import footprint, trail
from audit.lines import Kind
from idp import checkpoints
from kernel import heartbeats, jobs, metrics
from kernel.errors import Refused
from kernel.settings import Metrics
from kernel.work import WorkSession
from tests.flows.browser import Browser, answer
from tests.flows.provider import City
from web.referring import NUMBER, Number

ROOT = Path(__file__).parents[2]
WATCHERS = ("deploy/grafana/taipei-id.json", "deploy/prometheus/alerts.yaml", "docs/slo.md")
TOKEN = "a-token-of-forty-characters-for-tests-only"


@pytest.fixture
def watched(city: City, tmp_path: Path) -> City:
    city.configure(metrics=Metrics(token=SecretStr(TOKEN), folder=tmp_path))
    return city


@pytest.fixture
def counts() -> Iterator[None]:
    metrics.forget()
    yield
    metrics.forget()


def told(city: City) -> str:
    response = city.call("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    return response.text


def test_without_a_token_in_the_settings_there_is_no_such_page(city: City) -> None:
    for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {TOKEN}"}):
        assert city.call("/metrics", headers=headers).status_code == 404


@pytest.mark.parametrize("shown", ["", "Bearer ", f"Bearer {TOKEN[:-1]}", "Bearer \u00e9"])
def test_who_does_not_know_the_token_is_told_nothing(watched: City, shown: str) -> None:
    response = watched.call("/metrics", headers={"Authorization": shown})

    assert (response.status_code, response.data) == (401, b"")


def test_the_database_is_asked_at_the_moment_of_the_question(watched: City) -> None:
    hour_ago = watched.now - timedelta(hours=1)
    with watched.database() as session:
        jobs.enqueue(session, "a.kind", {}, now=hour_ago)
        heartbeats.beat(session, "node:1", now=watched.now - timedelta(seconds=20))

    lines = told(watched).splitlines()

    assert 'taipei_id_outbox_age_seconds{kind="a.kind"} 3600.0' in lines
    assert 'taipei_id_outbox_waiting{kind="a.kind"} 1.0' in lines
    assert "taipei_id_worker_silence_seconds 20.0" in lines
    assert "taipei_id_database_reached 1.0" in lines


def test_without_the_database_the_page_still_says_so(
    watched: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: WorkSession) -> None:
        raise OperationalError("SELECT", {}, ConnectionError("gone"))

    monkeypatch.setattr(WorkSession, "_open", fail)

    assert "taipei_id_database_reached 0.0" in told(watched).splitlines()


@pytest.mark.usefixtures("counts")
def test_what_happens_is_counted_and_names_nobody(city: City) -> None:
    browser = Browser(city)
    page = browser.log_in(browser.authorize(state="/etc/passwd"), password="wrong")
    page = browser.consents(browser.log_in(page), "birthdate")
    city.exchange(answer(page)["code"])
    city.exchange("no-such-code")
    city.call("/no/such/page/mei.chen")
    city.call("/authorize?client_id=mei.chen")

    text = metrics.told((), folder=None).decode()

    for line in (
        'taipei_id_sign_ins_total{method="password",result="failed"} 1.0',
        'taipei_id_sign_ins_total{method="password",result="signed_in"} 1.0',
        'taipei_id_consent_decisions_total{decision="consent.given"} 1.0',
        'taipei_id_tokens_total{grant_type="authorization_code"} 1.0',
        'taipei_id_refusals_total{code="invalid_grant"} 1.0',
        'taipei_id_responses_total{endpoint="token",status="2xx"} 1.0',
        'taipei_id_response_seconds_count{endpoint="token"} 2.0',
    ):
        assert line in text.splitlines()
    for named in ("mei", "library", "passwd", "such", "127.0.0.1"):
        assert named not in re.sub(r"(?m)^#.*$", "", text)


@pytest.mark.usefixtures("counts")
def test_a_code_nobody_listed_becomes_no_label(city: City) -> None:
    with city.app.test_request_context(environ_overrides={NUMBER: Number("")}):
        city.app.handle_user_exception(Refused("member.number_47"))

    assert 'taipei_id_refusals_total{code="other"} 1.0' in metrics.told((), folder=None).decode()


def test_what_watchers_name_exists(watched: City) -> None:
    families = re.findall(r"^# TYPE (\S+) (\S+)$", told(watched), re.MULTILINE)
    families += [
        (f"{family.name}_total" if family.type == "counter" else family.name, family.type)
        for family in metrics.HERE.collect()
    ]
    known = {name for name, _ in families}
    known |= {
        name + suffix
        for name, kind in families
        if kind == "histogram"
        for suffix in ("_bucket", "_count", "_sum")
    }
    for watcher in WATCHERS:
        text = (ROOT / watcher).read_text("utf-8")
        named = set(re.findall(r"\btaipei_id_[a-z0-9_]+\b", text))

        assert named
        assert not named - known


def test_an_alert_rests_on_recorded_rules_and_names_its_runbook() -> None:
    text = (ROOT / "deploy/prometheus/alerts.yaml").read_text("utf-8")
    recorded = set(re.findall(r"- record: (\S+)", text))

    assert set(re.findall(r"taipei_id:[a-z0-9_:]+", text)) == recorded
    assert len(re.findall("- alert: ", text)) == len(re.findall("runbook: ", text))


def test_what_is_promised_of_pages_alarms_as_sign_ins_do() -> None:
    alerts = (ROOT / "deploy/prometheus/alerts.yaml").read_text("utf-8")
    rule = 'sum(rate(taipei_id_responses_total{{endpoint="pages"{more}}}[{time}]))'

    for time in ("5m", "1h"):
        assert rule.format(more=',status="5xx"', time=time) in alerts
        assert rule.format(more="", time=time) in alerts
        assert f"taipei_id:page_errors:rate{time} > 14.4 * 0.001" in alerts  # 99.9 %


NOT_YET = ("worker_silence_seconds", "verified_age_seconds")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_was_never_done_has_no_number_and_alarms_all_the_same(watched: City) -> None:
    alerts = (ROOT / "deploy/prometheus/alerts.yaml").read_text("utf-8")
    before = told(watched)

    for name in NOT_YET:
        assert f"\ntaipei_id_{name}" not in before
        assert f"absent(taipei_id_{name}" in alerts


@pytest.mark.clause("9")
def test_whatever_waits_for_its_seal_is_seen_also_where_nothing_was_ever_sealed(
    watched: City,
) -> None:
    rooms = watched.app.extensions["taipei_id"]
    issuer, keys = rooms.provider.issuer, rooms.provider.keys

    def seal() -> None:
        checkpoints.seal(watched.sessions, keys, issuer=issuer, now=watched.now)
        checkpoints.seal_trail(watched.sessions, keys, issuer=issuer, now=watched.now)

    seal()
    assert unsealed(watched) == {"footprint": 0.0, "trail": 0.0}
    with watched.database() as session:
        footprint.record(session, Kind.VIEWED, member_id=watched.member_id(), now=watched.now)
        trail.record(session, "officer.appointed", actor=None, now=watched.now)
    watched.wait(minutes=20)
    before = unsealed(watched)
    seal()

    assert before == {"footprint": 1200.0, "trail": 1200.0}
    assert unsealed(watched) == {"footprint": 0.0, "trail": 0.0}
    with watched.database() as session:
        trail.record(session, "officer.dismissed", actor=None, now=watched.now)
    watched.wait(minutes=1)
    assert unsealed(watched) == {"footprint": 0.0, "trail": 60.0}


def unsealed(city: City) -> dict[str, float]:
    found = re.findall(
        r'^taipei_id_unsealed_age_seconds\{ledger="(\w+)"\} (\S+)$', told(city), re.MULTILINE
    )
    return {ledger: float(seconds) for ledger, seconds in found}
