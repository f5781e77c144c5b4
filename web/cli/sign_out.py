"""`taipei-id sign-out-everybody`: nothing that was issued is good for anything any more."""

import click
from sqlalchemy import delete, update

from audit import trail
from idp import grants
from idp.models import ClientToken, GrantEnd
from kernel import clock
from kernel.db import changed
from web import sessions
from web.cli.console import say
from web.cli.opening import opened
from web.cli.recording import CHANNEL
from web.models import Handover


@click.command()
def sign_out_everybody() -> None:
    """End every session and everything issued to anybody: after a copy was restored.

    Members sign in again and find their consents as they stand. See docs/backups.md.
    """
    now = clock.now()
    with opened() as at:
        ended = sessions.end_everybodys(at.session)
        issued = grants.end_all(at.session, reason=GrantEnd.REVOKED, now=now)
        alone = at.session.execute(  # given to clients that act for themselves: on no grant
            update(ClientToken).where(ClientToken.revoked_at.is_(None)).values(revoked_at=now)
        )
        at.session.execute(delete(Handover))  # an answer of a phone would begin a session
        trail.record(
            at.session,
            "everybody.signed_out",
            actor=None,
            now=now,
            channel=CHANNEL,
            sessions=ended,
            grants=issued,
            client_tokens=changed(alone),
        )
    say(f"{ended} sessions, {issued} grants and {changed(alone)} tokens of clients ended.")
