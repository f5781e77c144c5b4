"""`taipei-id incident drill`: the list of the touched within minutes, and nobody told."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from audit import footprint
from audit.lines import Kind
from clients import registry
from idp import keys
from kernel import clock
from kernel.db import sessions, transaction
from kernel.ids import new_id
from tests import make
from tests.cli.conftest import Taipei

SPAN = ("--since", "2020-01-01", "--until", "2199-01-01 12:00")


@pytest.mark.clause("10-I(2)")
def test_a_drill_prints_how_many_a_client_touched(prepared: Engine, taipei_id: Taipei) -> None:
    with transaction(sessions(prepared)) as session:
        make.a_client(session, "library", now=clock.now())
        client_id = registry.get(session, "library").id
        for _ in range(3):
            footprint.record(
                session,
                Kind.RELEASED,
                member_id=new_id(),
                client_id=client_id,
                now=clock.now() - timedelta(minutes=1),
            )

    done = taipei_id("incident", "drill", "client", "library", *SPAN)

    assert ": 3 members, list " in done.stdout
    listed = taipei_id("incident", "list").stdout
    assert "drill" in listed
    assert "closed" in listed
    assert "open" not in listed
    assert taipei_id("incident", "drill", "client", "nobody", *SPAN).exit_code == 1


@pytest.mark.clause("10-I(2)")
def test_whom_a_stolen_key_touched_is_found_after_it_was_withdrawn(
    prepared: Engine, taipei_id: Taipei
) -> None:
    taipei_id("keys", "rotate")
    with transaction(sessions(prepared)) as session:
        stolen = keys.listed(session)[0].kid
    for words in (("rotate", "--at-once"), ("rotate", "--at-once"), ("withdraw", stolen)):
        assert taipei_id("keys", *words).exit_code == 0

    drilled = taipei_id("incident", "drill", "key", stolen, *SPAN)

    assert drilled.exit_code == 0, drilled.stderr
    assert ": 0 members, list " in drilled.stdout
