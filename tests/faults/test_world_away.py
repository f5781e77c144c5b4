"""For an hour neither mail nor a client can be reached: then each is told once."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import delete, update

from idp import sign_outs
from kernel import clock
from kernel.db import sessions, transaction
from kernel.jobs import Job
from kernel.settings import DEMO_MASTER_KEY, Mail, Settings
from kernel.working import do_one
from members import register
from tests.conformance.rp_logout.test_rp_initiated_logout import leave
from tests.conformance.suite import Client, Suite
from tests.kernel.test_mail import listening
from tests.live.programs import free_port
from tests.live.receiver import Receiver, address_at, receiving
from tests.live.server import Provider
from tests.live.visitor import Visitor
from tests.live.working import work_once
from web import mails, notices
from web.app import build_rooms
from web.handlers import handlers

pytestmark = pytest.mark.slow

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
KINDS = (sign_outs.KIND, notices.KIND)
Work = Callable[[datetime], None]


@pytest.fixture
def port(provider: Provider) -> int:
    """Let nothing wait that an earlier test left, and return a port nobody listens at."""
    with transaction(sessions(provider.engine)) as session:
        session.execute(delete(Job).where(Job.kind.in_(KINDS)))
    return free_port()


@pytest.fixture
def receiver(provider: Provider, visitor: Visitor, port: int) -> Receiver:
    """Lend a client whose server is down, and that a member has just signed out of."""
    receiver, suite = Receiver(""), Suite(provider, visitor, mode="query")
    uri = address_at(port)
    suite.client = Client(provider, backchannel_logout_uri=uri, id_token_alg="ES256")
    receiver.client_id, receiver.issuer = suite.client.client_id, provider.issuer
    receiver.keys = suite.keys()
    receiver.open_session(suite.sign_in()["claims"])
    leave(suite)
    return receiver


def test_what_could_not_be_told_for_an_hour_is_told_once(
    provider: Provider, receiver: Receiver, port: int, tmp_path: Path
) -> None:
    post_port = free_port()
    work, now = _worker(provider, mail_port=post_port), clock.now()
    _write_to(provider, "away")
    mail = {"MAIL__HOST": "127.0.0.1", "MAIL__PORT": str(post_port)}
    work_once(provider, tmp_path / "worker.log", **mail)  # nobody listens at either port
    refused = _waiting(provider)
    with receiving(receiver, port=port):
        receiver.closed = True  # it answers, but 503
        _due(provider, now - HOUR)
        for minute in range(0, 60, 2):
            work(now - HOUR + minute * MINUTE)
        waiting = _waiting(provider)

        receiver.closed = False
        with listening(post_port) as post:
            _due(provider, clock.now())
            work(clock.now())
            work(clock.now() + 6 * HOUR)
            letters = [each for each in post.taken if b"away@mail.invalid" in each]

    assert {each.kind for each in refused} == {each.kind for each in waiting} == set(KINDS)
    assert all(each.attempts == 1 and each.last_error for each in refused)
    assert all(7 <= each.attempts <= 11 and each.last_error for each in waiting)
    assert len(receiver.received) == 1
    assert not receiver.sessions
    assert len(letters) == 1
    assert not _waiting(provider)


def _worker(provider: Provider, *, mail_port: int) -> Work:
    settings = Settings(
        demo=True,
        issuer=provider.issuer,
        master_key=SecretStr(DEMO_MASTER_KEY),
        mail=Mail(host="127.0.0.1", port=mail_port),
    )
    rooms = build_rooms(settings, sessions(provider.engine))
    ours = {kind: handlers(rooms)[kind] for kind in KINDS}

    def work(now: datetime) -> None:
        while do_one(rooms.sessions, ours, now=now):
            pass

    return work


def _write_to(provider: Provider, login: str) -> None:
    provider.enrol(login, email=f"{login}@mail.invalid")
    with provider.database() as session:
        member = register.find_by_login(session, login)
        assert member is not None
        notices.mail(
            session,
            mails.Mail.PASSWORD_CHANGED,
            member_id=member.id,
            language="zh",
            now=clock.now(),
        )


def _due(provider: Provider, moment: datetime) -> None:
    ours = Job.kind.in_(KINDS), Job.done_at.is_(None)
    with transaction(sessions(provider.engine)) as session:
        session.execute(update(Job).where(*ours).values(run_at=moment))


def _waiting(provider: Provider) -> list[Job]:
    with provider.database() as session:
        found = session.query(Job).where(Job.kind.in_(KINDS), Job.done_at.is_(None))
        return list(found)
