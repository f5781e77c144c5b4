"""`taipei-id officer`: the first officers come from the command line."""

import pytest
from sqlalchemy import Engine, select

from audit.models import TrailEntry
from clients.officer_models import OfficerPost
from kernel.db import sessions, transaction
from kernel.keyring import Keyring
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


@pytest.mark.refusal("officer.organisation_not_found")
@pytest.mark.refusal("officer.term_invalid")
def test_what_is_wrong_is_said(taipei_id: Taipei, member: str) -> None:
    nowhere = taipei_id("officer", "appoint", member, "agency_officer", "--organisation", "Nowhere")
    yesterday = taipei_id("officer", "appoint", member, "doit_auditor", "--until", "2020-01-01")

    assert (nowhere.exit_code, yesterday.exit_code) == (1, 1)
