"""`taipei-id sign-out-everybody`: what a restored copy brought back is good for nothing."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Engine, func, select

from audit.models import TrailEntry
from idp.models import ClientToken, Grant, GrantEnd
from kernel import clock
from kernel.db import sessions, transaction
from kernel.ids import new_id, new_secret
from tests import make
from tests.cli.conftest import Taipei
from tests.cli.test_cli_purge import a_client_token, a_grant, a_hash
from web.models import BrowserSession, Handover

ISSUED = 2


@pytest.fixture
def signed_in(prepared: Engine) -> Engine:
    """Lend a database in which two members are signed in, each at a client."""
    now = clock.now()
    with transaction(sessions(prepared)) as session:
        for login in ("mei.chen", "ming.lin"):
            member = make.a_member(session, login)
            a_grant(session, member.id, code_expires_at=now)
            session.add(_an_answered_handover(member.id, now=now))
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
        session.add(a_client_token(new_id(), now=now))
    return prepared


def _an_answered_handover(member_id: UUID, *, now: datetime) -> Handover:
    return Handover(
        code_hash=a_hash(),
        browser_hash=a_hash(),
        place="sign-in",
        wanted="",
        browser="",
        asked_at=now,
        expires_at=now + timedelta(hours=1),
        answered_at=now,
        approved=True,
        member_id=member_id,
        acr="urn:taipei-id:acr:1",
        amr=["pwd"],
    )


@pytest.mark.clause("10(3)")
def test_nobody_is_signed_in_and_nothing_issued_lives(signed_in: Engine, taipei_id: Taipei) -> None:
    first = taipei_id("sign-out-everybody")
    again = taipei_id("sign-out-everybody")

    assert first.stdout == f"{ISSUED} sessions, {ISSUED} grants and 1 tokens of clients ended.\n"
    assert again.stdout == "0 sessions, 0 grants and 0 tokens of clients ended.\n"
    with transaction(sessions(signed_in)) as session:
        assert session.scalar(select(func.count()).select_from(BrowserSession)) == 0
        assert session.scalars(select(Grant.end_reason)).all() == [GrantEnd.REVOKED] * ISSUED
        assert None not in session.scalars(select(Grant.ended_at)).all()
        assert None not in session.scalars(select(ClientToken.revoked_at)).all()
        assert session.scalar(select(func.count()).select_from(Handover)) == 0


def test_that_everybody_was_signed_out_is_on_the_trail(
    signed_in: Engine, taipei_id: Taipei
) -> None:
    taipei_id("sign-out-everybody")

    with transaction(sessions(signed_in)) as session:
        (entry,) = session.scalars(
            select(TrailEntry).where(TrailEntry.event == "everybody.signed_out")
        )
        assert entry.detail == {
            "channel": "cli",
            "sessions": ISSUED,
            "grants": ISSUED,
            "client_tokens": 1,
        }
