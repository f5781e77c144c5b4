import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from time import monotonic, sleep

import pytest
from sqlalchemy import Engine, select, text

from idp.keys import Keys
from kernel import clock, heartbeats, jobs, mail
from kernel.db import sessions, transaction
from kernel.jobs import Job
from kernel.keyring import Keyring
from members import register
from tests import make
from tests.cli.conftest import Taipei
from tests.live.programs import running
from web import notices, record_checking
from web.mails import Mail

TAIPEI_ID = (sys.executable, "-c", "from web.cli import main; main()")
PATIENCE_SECONDS = 60


def a_notice(engine: Engine, keyring: Keyring) -> None:
    now = clock.now()
    with transaction(sessions(engine)) as session:
        member = register.add(session, "mei.chen", make.a_profile(), keyring=keyring, now=now)
        notices.mail(session, Mail.LOCKED, member_id=member.id, language="en", now=now)


def given_up(engine: Engine) -> str:
    with transaction(sessions(engine)) as session:
        job_id = jobs.enqueue(session, "test.work", {}, now=clock.now() - timedelta(hours=1))
    with transaction(sessions(engine)) as session:
        work = jobs.take(session, {"test.work"}, now=clock.now())
        assert work is not None
        jobs.give_up(session, work, "test.code", now=clock.now())
    return str(job_id)


def the_job(engine: Engine) -> Job:
    """Return the job of the test: by night the worker asks for its own check of the records."""
    with transaction(sessions(engine)) as session:
        return session.scalars(select(Job).where(Job.kind != record_checking.KIND)).one()


@pytest.fixture
def inbox(environment: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    environment.setenv("TAIPEI_ID_MAIL__FOLDER", str(tmp_path / "inbox"))
    return tmp_path / "inbox"


def test_once_does_what_is_due_and_ends(
    prepared: Engine, keyring: Keyring, inbox: Path, taipei_id: Taipei
) -> None:
    a_notice(prepared, keyring)

    assert taipei_id("worker", "--once").exit_code == 0

    assert len(list(mail.files(inbox))) == 1
    assert the_job(prepared).done_at is not None


def test_without_a_mail_server_a_notice_waits(
    prepared: Engine, keyring: Keyring, taipei_id: Taipei
) -> None:
    a_notice(prepared, keyring)

    taipei_id("worker", "--once")

    assert the_job(prepared).last_error == "mail.no_server"
    listed = taipei_id("jobs", "list").stdout.splitlines()
    assert "\tmail.send\twaiting\t1\t" in listed[1]
    assert "mei" not in "".join(listed)


def test_what_the_calendar_stumbles_over_stops_neither_jobs_nor_the_sign_of_life(
    prepared: Engine, keyring: Keyring, inbox: Path, taipei_id: Taipei
) -> None:
    a_notice(prepared, keyring)
    with prepared.begin() as connection:
        connection.execute(text("ALTER TABLE daily_figure RENAME TO mislaid"))
    try:
        assert taipei_id("worker", "--once").exit_code == 0
    finally:
        with prepared.begin() as connection:
            connection.execute(text("ALTER TABLE mislaid RENAME TO daily_figure"))

    assert len(list(mail.files(inbox))) == 1
    with transaction(sessions(prepared)) as session:
        assert len(heartbeats.listed(session)) == 1
        assert Keys(keyring).signer(session, now=clock.now()).jwks  # a step after the broken one


@pytest.mark.slow
def test_a_worker_ends_when_told_to(
    prepared: Engine, keyring: Keyring, inbox: Path, tmp_path: Path
) -> None:
    a_notice(prepared, keyring)
    with running(
        [*TAIPEI_ID, "worker"], environment=dict(os.environ), log=tmp_path / "log", ready=[]
    ) as worker:
        deadline = monotonic() + PATIENCE_SECONDS
        while not list(mail.files(inbox)):
            assert worker.poll() is None, (tmp_path / "log").read_text()
            assert monotonic() < deadline
            sleep(0.1)
        worker.send_signal(signal.SIGTERM)

        assert worker.wait(PATIENCE_SECONDS) == 0

    assert "Traceback" not in (tmp_path / "log").read_text()


def test_an_operator_sees_what_was_given_up_and_lets_it_begin_anew(
    prepared: Engine, taipei_id: Taipei
) -> None:
    job_id = given_up(prepared)

    listed = taipei_id("jobs", "list", "--failed").stdout.splitlines()
    retried = taipei_id("jobs", "retry", job_id)

    assert listed[1] == f"{job_id}\ttest.work\tgiven up\t1\t–\ttest.code"
    assert retried.stdout == "1 will be tried again.\n"
    assert the_job(prepared).failed_at is None


def test_everything_given_up_can_begin_anew_at_once(prepared: Engine, taipei_id: Taipei) -> None:
    given_up(prepared)

    assert taipei_id("jobs", "retry", "--all").stdout == "1 will be tried again.\n"
    assert taipei_id("jobs", "retry", "--all").stdout == "0 will be tried again.\n"


@pytest.mark.refusal("job.not_found")
def test_a_job_that_was_not_given_up_is_not_found(prepared: Engine, taipei_id: Taipei) -> None:
    unknown = "01234567-89ab-7cde-8f01-23456789abcd"

    refused = taipei_id("jobs", "retry", unknown)

    assert refused.exit_code == 1
    assert "job.not_found: No such job was given up" in refused.stderr


@pytest.mark.parametrize("words", [(), ("--all", "01234567-89ab-7cde-8f01-23456789abcd")])
def test_retry_wants_one_job_or_all(
    prepared: Engine, taipei_id: Taipei, words: tuple[str, ...]
) -> None:
    assert taipei_id("jobs", "retry", *words).exit_code == 2
