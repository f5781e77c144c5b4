"""`taipei-id officer`: the first officers come from the command line."""

from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import Engine, select

from audit.models import TrailEntry
from clients import organisations
from clients.models import Body
from clients.officer_models import OfficerPost
from kernel import clock
from kernel.db import sessions, transaction
from kernel.keyring import Keyring
from kernel.wording import Bilingual
from members import register
from tests import make
from tests.cli.conftest import Taipei


@pytest.fixture
def member(prepared: Engine, keyring: Keyring) -> str:
    with transaction(sessions(prepared)) as session:
        register.add(session, "rui", make.a_profile(), keyring=keyring, now=make.NOON)
        make.a_client(session)
    return "rui"


def test_an_officer_is_appointed_listed_and_dismissed(
    prepared: Engine, taipei_id: Taipei, member: str
) -> None:
    appointed = taipei_id("officer", "appoint", member, "doit_reviewer")
    post = appointed.stdout.split()[-1]
    listed = taipei_id("officer", "list").stdout
    idle = taipei_id("officer", "list", "--idle").stdout
    dismissed = taipei_id("officer", "dismiss", post)

    assert (appointed.exit_code, dismissed.exit_code) == (0, 0)
    assert f"{post}\trui\tdoit_reviewer" in listed
    assert post not in idle
    assert post not in taipei_id("officer", "list").stdout
    with transaction(sessions(prepared)) as session:
        events = list(session.scalars(select(TrailEntry.event).order_by(TrailEntry.id)))
    assert [each for each in events if each.startswith("officer")] == [
        "officer.appointed",
        "officer.dismissed",
    ]


def test_an_agency_is_named_in_either_language(
    prepared: Engine, taipei_id: Taipei, member: str
) -> None:
    ok = taipei_id(
        "officer", "appoint", member, "agency_officer", "--organisation", "臺北市立圖書館"
    )
    with transaction(sessions(prepared)) as session:
        assert session.scalars(select(OfficerPost)).one().organisation_id is not None
    assert ok.exit_code == 0


def test_a_post_lasts_to_the_end_of_its_last_day_in_taipei(
    prepared: Engine, taipei_id: Taipei, member: str
) -> None:
    last = clock.taipei_day(clock.now()) + timedelta(days=30)

    appointed = taipei_id("officer", "appoint", member, "doit_auditor", "--until", str(last))

    assert f"until {last}:" in appointed.stdout
    assert f"\t{last}\t" in taipei_id("officer", "list").stdout
    with transaction(sessions(prepared)) as session:
        ends_at = session.scalars(select(OfficerPost.ends_at)).one()
    assert ends_at == datetime.combine(last + timedelta(days=1), time(), clock.TAIPEI)


def test_an_organisation_that_has_ended_is_not_meant_and_of_two_one_has_to_be_named(
    prepared: Engine, taipei_id: Taipei, member: str
) -> None:
    with transaction(sessions(prepared)) as session:
        name = Bilingual("臺北市立圖書館", "Public Library")
        ended, other = (
            organisations.enter(session, name, Body.DEPARTMENT, now=make.NOON) for _ in range(2)
        )
        ended.ended_at = make.NOON
        other_id = other.id
    words = ("officer", "appoint", member, "agency_officer", "--organisation")

    refused = taipei_id(*words, "臺北市立圖書館")
    english = taipei_id(*words, "Public Library")
    taipei_id("officer", "dismiss", english.stdout.split()[-1])
    by_id = taipei_id(*words, str(other_id))

    assert refused.exit_code == 1
    assert "2 organisations are called so" in refused.stderr
    assert (english.exit_code, by_id.exit_code) == (0, 0)
    with transaction(sessions(prepared)) as session:
        assert set(session.scalars(select(OfficerPost.organisation_id))) == {other_id}


@pytest.mark.refusal("officer.organisation_not_found")
@pytest.mark.refusal("officer.term_invalid")
def test_what_is_wrong_is_said(taipei_id: Taipei, member: str) -> None:
    nowhere = taipei_id("officer", "appoint", member, "agency_officer", "--organisation", "Nowhere")
    yesterday = taipei_id("officer", "appoint", member, "doit_auditor", "--until", "2020-01-01")

    assert (nowhere.exit_code, yesterday.exit_code) == (1, 1)
