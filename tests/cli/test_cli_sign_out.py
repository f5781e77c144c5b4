"""`taipei-id sign-out-everybody`: what a restored copy brought back is good for nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select

from audit.models import TrailEntry
from idp.models import Grant, GrantEnd
from kernel import clock
from kernel.db import sessions, transaction
from kernel.ids import new_secret
from tests import make
from tests.cli.conftest import Taipei
from tests.cli.test_cli_purge import a_grant, a_hash
from web.models import BrowserSession

ISSUED = 2


@pytest.fixture
def signed_in(prepared: Engine) -> Engine:
    """Lend a database in which two members are signed in, each at a client."""
    now = clock.now()
    with transaction(sessions(prepared)) as session:
        for login in ("mei.chen", "ming.lin"):
            member = make.a_member(session, login)
            a_grant(session, member.id, code_expires_at=now)
            session.add(
                BrowserSession(
                    token_hash=a_hash(),
                    member_id=member.id,
                    acr="urn:taipei-id:acr:1",
                    amr=["pwd"],
                    authenticated_at=now,
                    created_at=now,
                    last_seen_at=now,
                    expires_at=now + timedelta(hours=1),
                    browser=new_secret()[:8],
                )
            )
    return prepared


@pytest.mark.clause("10(3)")
def test_nobody_is_signed_in_and_nothing_issued_lives(signed_in: Engine, taipei_id: Taipei) -> None:
    first = taipei_id("sign-out-everybody")
    again = taipei_id("sign-out-everybody")

    assert first.stdout == f"{ISSUED} sessions and {ISSUED} grants ended.\n"
    assert again.stdout == "0 sessions and 0 grants ended.\n"
    with transaction(sessions(signed_in)) as session:
        assert session.scalar(select(func.count()).select_from(BrowserSession)) == 0
        assert session.scalars(select(Grant.end_reason)).all() == [GrantEnd.REVOKED] * ISSUED
        assert None not in session.scalars(select(Grant.ended_at)).all()


def test_that_everybody_was_signed_out_is_on_the_trail(
    signed_in: Engine, taipei_id: Taipei
) -> None:
    taipei_id("sign-out-everybody")

    with transaction(sessions(signed_in)) as session:
        (entry,) = session.scalars(
            select(TrailEntry).where(TrailEntry.event == "everybody.signed_out")
        )
        assert entry.detail == {"channel": "cli", "sessions": ISSUED, "grants": ISSUED}
