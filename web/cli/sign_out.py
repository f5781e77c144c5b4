"""`taipei-id sign-out-everybody`: nothing that was issued is good for anything any more."""

import click

from audit import trail
from idp import grants
from idp.models import GrantEnd
from kernel import clock
from web import sessions
from web.cli.console import say
from web.cli.opening import opened
from web.cli.recording import CHANNEL


@click.command()
def sign_out_everybody() -> None:
    """End every session and everything issued to anybody: after a copy was restored.

    Members sign in again and find their consents as they stand. See docs/backups.md.
    """
    now = clock.now()
    with opened() as at:
        ended = sessions.end_everybodys(at.session)
        issued = grants.end_all(at.session, reason=GrantEnd.REVOKED, now=now)
        trail.record(
            at.session,
            "everybody.signed_out",
            actor=None,
            now=now,
            channel=CHANNEL,
            sessions=ended,
            grants=issued,
        )
    say(f"{ended} sessions and {issued} grants ended.")
