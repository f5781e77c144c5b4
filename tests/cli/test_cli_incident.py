"""`taipei-id incident drill`: the list of the touched within minutes, and nobody told."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from audit import footprint
from audit.lines import Kind
from clients import registry
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
    assert "drill" in taipei_id("incident", "list").stdout
    assert taipei_id("incident", "drill", "client", "nobody", *SPAN).exit_code == 1
