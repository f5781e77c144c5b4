"""The doctor asks who was let in by hand, which posts nobody holds, and what could be revoked."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from clients import officers
from clients.models import AuthMethod, Client
from clients.officer_models import Role
from kernel import clock
from kernel import settings as configuration
from kernel.db import sessions, transaction
from kernel.settings import Settings
from members.models import Member
from tests import make
from web.cli import people_checks
from web.cli.checks import Skipped, Warned


def in_earnest() -> Settings:
    return configuration.load().model_copy(update={"demo": False})


def enter(engine: Engine, login: str, *roles: Role) -> None:
    with transaction(sessions(engine)) as session:
        member: Member = make.a_member(session, login)
        for role in roles:
            officers.appoint(
                session,
                member_id=member.id,
                organisation_id=None,
                role=role,
                by=None,
                until=clock.now() + timedelta(days=300),
                now=clock.now(),
            )


def test_officers_let_in_by_the_operator_are_told_how_to_become_members(prepared: Engine) -> None:
    settings = in_earnest()
    assert people_checks.approvals(settings) == "the Bureau approved every member"

    enter(prepared, "first.officer", Role.REVIEWER)
    with pytest.raises(Warned, match=r"1 officers were let in .* apply at a counter"):
        people_checks.approvals(settings)

    enter(prepared, "no.officer")
    with pytest.raises(Warned, match=r"1 of 2 members .* hold no post"):
        people_checks.approvals(settings)


def test_posts_that_nobody_holds_are_named(prepared: Engine) -> None:
    settings = in_earnest()
    for login, role in (("one", Role.REVIEWER), ("two", Role.ADMINISTRATOR)):
        enter(prepared, login, role)

    with pytest.raises(Warned, match=rf"{Role.REVIEWER} \(1 of 2\), {Role.AUDITOR} \(0 of 1\)"):
        people_checks.posts(settings)

    for login, role in (("three", Role.REVIEWER), ("four", Role.AUDITOR)):
        enter(prepared, login, role)
    assert people_checks.posts(settings) == "every post of the Bureau is held"


def test_clients_with_certificates_want_a_list_of_revoked_ones(
    prepared: Engine, tmp_path: Path
) -> None:
    with pytest.raises(Skipped):
        people_checks.client_certificates(in_earnest())
    with transaction(sessions(prepared)) as session:
        make.a_client(session)
        session.execute(update(Client).values(auth_method=AuthMethod.TLS))

    with pytest.raises(Warned, match=r"set mtls\.revocation_lists"):
        people_checks.client_certificates(in_earnest())

    settings = in_earnest()
    lists = settings.mtls.model_copy(update={"revocation_lists": tmp_path / "lists.pem"})
    told = people_checks.client_certificates(settings.model_copy(update={"mtls": lists}))
    assert told == "1 clients; their authorities' revocation lists are read"


def test_the_demo_is_not_asked(prepared: Engine) -> None:
    demo = in_earnest().model_copy(update={"demo": True})

    for check in (people_checks.approvals, people_checks.posts):
        with pytest.raises(Skipped):
            check(demo)
