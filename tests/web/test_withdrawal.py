"""Prove that an ended consent ends everything below it, on every worker, and that it is told."""

import base64
import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, select, text

from clients import registry
from consent import endings
from consent.endings import RanOut
from consent.models import Consent, EndReason
from idp import client_notices
from idp.event_models import ClientEvent
from idp.models import Grant, GrantEnd
from idp.signing import read_keys, read_signed
from kernel import clock
from kernel.db import transaction
from kernel.jobs import Job, JobImpossible, Work
from kernel.outgoing import AddressForbidden, Answer, CallFailed
from tests import make
from tests.flows.browser import Browser
from tests.flows.provider import City, the_settings
from tests.kernel.test_outgoing import site
from tests.web.outbox import World
from web import consent_endings, handlers
from web.app import build_rooms, create_app

__all__ = ["site"]  # a fixture: a site on this machine that takes what is posted

NOTICES = "https://library.invalid/notices"


@pytest.fixture
def browser(city: City) -> Browser:
    return Browser(city)


@pytest.fixture
def world(city: City) -> World:
    return World(city)


@pytest.fixture
def told(city: City, world: World) -> World:
    """Let the library be told."""
    with city.database() as session:
        registry.get(session, "library").notice_uri = NOTICES
    city.wait(seconds=2)  # longer than the directory keeps a client
    return world


def withdrawal(browser: Browser) -> str:
    page = browser.get("/account/consents").text
    found = re.search(r"/account/consents/[0-9a-f-]+/withdraw", page)
    assert found, page
    return found[0]


def withdraw(browser: Browser) -> None:
    response = browser.submit(browser.get(withdrawal(browser)))
    assert response.status_code == 303, response.text


def refused(city: City, tokens: dict[str, Any]) -> dict[str, bool]:
    return {
        "userinfo": city.userinfo(tokens["access_token"]).status_code == 401,
        "introspection": city.introspect(tokens["access_token"]).get_json() == {"active": False},
        "refresh": city.refresh(tokens["refresh_token"]).status_code == 400,
    }


@pytest.fixture
def another_worker(city: City) -> City:
    """Build a second process's application over the same database, its caches warm."""
    app: Flask = create_app(the_settings(), database=city.sessions)
    app.extensions["taipei_id"] = build_rooms(the_settings(), city.sessions)
    return City(app, city.sessions)


@pytest.mark.clause("10(3)")
def test_after_withdrawal_another_worker_serves_nothing_within_the_second(
    city: City, another_worker: City, browser: Browser
) -> None:
    tokens = browser.tokens()
    assert another_worker.is_alive(tokens["access_token"])
    assert another_worker.introspect(tokens["access_token"]).get_json()["active"] is True

    withdraw(browser)  # the clock stands still: at the very same moment

    assert refused(another_worker, tokens) == {
        "userinfo": True,
        "introspection": True,
        "refresh": True,
    }


def test_withdrawal_ends_the_grant_and_leaves_others_alone(city: City, browser: Browser) -> None:
    browser.tokens()
    city.wait(minutes=1)
    other = browser.tokens("archive")
    page = browser.get("/account/consents").text
    library = re.findall(r"/account/consents/[0-9a-f-]+/withdraw", page)[-1]

    browser.submit(browser.get(library))

    assert city.is_alive(other["access_token"])
    with city.database() as session:
        ended = session.scalars(select(Grant.end_reason)).all()
    assert Counter(ended) == {GrantEnd.WITHDRAWN: 1, None: 1}


def test_the_page_says_what_already_went_out_and_whom_to_ask(city: City, browser: Browser) -> None:
    with city.database() as session:
        registry.get(session, "library").contact = "privacy@library.invalid"
    city.wait(seconds=2)
    tokens = browser.tokens()
    for _ in range(2):
        city.wait(hours=2)
        city.userinfo(tokens["access_token"])
        tokens = city.refresh(tokens["refresh_token"]).get_json()
    browser.submit(browser.get("/account/login"), login_id="mei.chen", password=make.PASSWORD)

    page = browser.get(withdrawal(browser)).text

    assert re.search(r"姓名.*?民國115年11月23日", page, re.DOTALL)
    assert "次" in page
    assert 'href="mailto:privacy@library.invalid"' in page
    assert "陳美玉" not in page


def test_a_client_without_an_address_for_notices_gets_no_job(
    browser: Browser, world: World
) -> None:
    browser.tokens()
    withdraw(browser)

    assert client_notices.KIND not in {job.kind for job in world.jobs()}


def opened(world: World) -> dict[str, Any]:
    (call,) = world.calls
    jwks = world.city.call("/jwks.json").get_json()
    return read_signed(call[1].decode(), read_keys(jwks), typ="secevent+jwt")


@pytest.mark.clause("10(3)")
def test_the_client_is_told_by_a_signed_event(browser: Browser, told: World) -> None:
    sub = told.city.opened(browser.tokens()["id_token"])["sub"]
    withdraw(browser)

    told.work_off()

    claims = opened(told)
    assert told.calls[0][0] == NOTICES
    assert told.calls[0][2] == "application/secevent+jwt"
    assert claims["aud"] == "library"
    assert claims["sub_id"] == {
        "format": "iss_sub",
        "iss": "https://id.example.invalid",
        "sub": sub,
    }
    assert claims["events"] == {
        "urn:taipei-id:event:consent-ended": {"reason": "withdrawn", "purpose": "library-card"}
    }
    assert not {"sub", "exp", "nonce", "sid"} & set(claims), "nobody may take it for an ID token"


def test_the_event_really_travels(city: City, browser: Browser, told: World, site: str) -> None:
    with city.database() as session:
        registry.get(session, "library").notice_uri = f"{site}/notices"
    city.wait(seconds=2)
    browser.tokens()
    withdraw(browser)
    rooms = told.rooms
    allowed = the_settings(private_hosts=("127.0.0.1",))

    forbidden = handlers.handlers(rooms)
    with pytest.raises(JobImpossible, match=r"^call\.http$"):
        forbidden[client_notices.KIND](taken(city), now=city.now)
    handlers.handlers(replace(rooms, settings=allowed))[client_notices.KIND](
        taken(city), now=city.now
    )


def taken(city: City) -> Work:
    with city.database() as session:
        job = session.scalars(select(Job).where(Job.kind == client_notices.KIND)).one()
        return Work(job.id, job.kind, job.payload, 1, job.created_at)


def test_a_notice_that_failed_comes_again_under_the_same_number(
    browser: Browser, told: World
) -> None:
    browser.tokens()
    withdraw(browser)
    told.answer = Answer(503, b"")
    told.work_off()
    told.answer = Answer(202, b"")
    told.city.wait(minutes=1)
    told.work_off()

    first, second = (json.loads(_payload(body)) for _, body, _ in told.calls)
    assert first["jti"] == second["jti"]
    assert second["iat"] - first["iat"] == 60
    assert first["toe"] == second["toe"]


def _payload(token: bytes) -> bytes:
    return base64.urlsafe_b64decode(token.split(b".")[1] + b"==")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Answer(302, b""), "call.status_302"),
        (Answer(400, b""), "call.status_400"),
        (CallFailed("call.no_answer"), "call.no_answer"),
    ],
)
def test_any_answer_but_yes_is_tried_again(
    browser: Browser, told: World, answer: Answer | CallFailed, error: str
) -> None:
    browser.tokens()
    withdraw(browser)
    told.answer = answer

    told.work_off()

    job = notice(told)
    assert (job.last_error, job.failed_at, job.done_at) == (error, None, None)


def notice(world: World) -> Job:
    return next(job for job in world.jobs() if job.kind == client_notices.KIND)


def test_a_forbidden_address_is_given_up_for_an_operator(browser: Browser, told: World) -> None:
    browser.tokens()
    withdraw(browser)
    told.answer = AddressForbidden("call.private_address")

    told.work_off()

    assert notice(told).failed_at is not None


def test_a_client_that_has_left_is_told_nothing(browser: Browser, told: World) -> None:
    browser.tokens()
    withdraw(browser)
    with told.city.database() as session:
        registry.get(session, "library").disabled_at = told.city.now
    told.city.wait(seconds=5)

    told.work_off()

    assert told.calls == []
    assert notice(told).done_at is not None


def test_a_withdrawal_that_fails_tells_nobody(city: City, browser: Browser, told: World) -> None:
    tokens = browser.tokens()
    with city.sessions() as session:
        one = session.scalars(select(Consent).limit(1)).one()
        consent_endings.withdrawn(
            session,
            member_id=one.member_id,
            client_id=one.client_id,
            purpose_id=one.purpose_id,
            language="en",
            now=city.now,
        )
        session.rollback()

    assert notice_count(told) == 0
    assert city.is_alive(tokens["access_token"])


def consents(city: City) -> Counter[EndReason | None]:
    with city.database() as session:
        return Counter(session.scalars(select(Consent.end_reason)))


def test_a_consent_that_ran_out_ends_its_grants_and_is_told(
    city: City, browser: Browser, told: World
) -> None:
    tokens = browser.tokens()
    city.wait(days=89)
    assert consent_endings.expire(city.sessions, now=city.now) == 0

    city.wait(days=1, seconds=1)
    count = consent_endings.expire(city.sessions, now=city.now)

    told.work_off()
    assert count == consents(city)[EndReason.EXPIRED] > 1
    assert opened(told)["events"][client_notices.EVENT]["reason"] == "expired"
    assert refused(city, tokens)["refresh"]
    with city.database() as session:
        assert session.scalars(select(Grant.end_reason)).all() == [GrantEnd.EXPIRED]
    assert consent_endings.expire(city.sessions, now=city.now) == 0


def test_what_is_still_agreed_to_keeps_the_grant_alive(
    city: City, browser: Browser, told: World
) -> None:
    browser.tokens()
    with city.database() as session:
        one = session.scalars(select(Consent).where(Consent.claim == "birthdate")).one()
        one.expires_at = city.now

    assert consent_endings.expire(city.sessions, now=city.now) == 1

    assert notice_count(told) == 0
    with city.database() as session:
        assert session.scalars(select(Grant.end_reason)).all() == [None]


def notice_count(world: World) -> int:
    return [job.kind for job in world.jobs()].count(client_notices.KIND)


def test_what_a_late_batch_ends_is_told_as_of_then(
    city: City, browser: Browser, told: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.tokens()
    minutes = count()
    monkeypatch.setattr(clock, "now", lambda: city.now + timedelta(minutes=next(minutes)))
    begun = city.now + timedelta(days=400)

    consent_endings.expire(city.sessions, now=begun)

    with city.database() as session:
        assert session.scalars(select(ClientEvent.at)).one() > begun


def test_many_consents_run_out_in_batches(
    city: City, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consent_endings, "BATCH", 2)
    browser.tokens()
    total = sum(consents(city).values())

    assert consent_endings.expire(city.sessions, now=city.now + timedelta(days=400)) == total


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_workers_that_end_half_of_a_purpose_each_the_second_says_that_it_is_over(
    city: City, browser: Browser, database: Engine
) -> None:
    browser.tokens()
    late = city.now + timedelta(days=400)

    def end_the_rest() -> RanOut:
        with transaction(city.sessions) as session:
            return endings.expire(session, most=100, now=late)

    with ThreadPoolExecutor(1) as beside:
        with transaction(city.sessions) as session:
            first = endings.expire(session, most=2, now=late)
            rest = beside.submit(end_the_rest)
            while not rest.done() and not waiting(database):
                pass
        second = rest.result(60)

    assert (first.count, first.emptied) == (2, [])
    assert first.count + second.count == sum(consents(city).values()) > 2
    assert [each.member_id for each in second.emptied] == [city.member_id()]


def waiting(database: Engine) -> bool:
    """Say whether somebody in this database waits for a row."""
    asked = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with database.connect() as connection:
        return bool(connection.scalar(asked))
