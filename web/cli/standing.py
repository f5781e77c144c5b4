"""`taipei-id member suspend|reinstate`: protect an account from the command line, and give it back.

What needs two officers and a hearing is done at the console.
"""

import click

from kernel import clock
from members import standings
from members.standing_models import OrderKind
from members.standings import Proposal
from web import standing_acts
from web.cli.console import say
from web.cli.member import find
from web.cli.opening import opened


@click.command()
@click.argument("login")
@click.option("--clause", required=True, help="Of the regulation, or of a statute.")
@click.option("--file", "evidence", required=True, help="The number of the file.")
@click.option("--reason", required=True, help="The facts; kept sealed.")
def suspend(login: str, clause: str, evidence: str, reason: str) -> None:
    """Suspend the account of member LOGIN at once, because somebody else may be using it."""
    proposal = Proposal(kind=OrderKind.PROTECTION, clause=clause, evidence=evidence, reason=reason)
    with opened() as at:
        order = standing_acts.propose(
            at.session,
            proposal,
            member_id=find(at, login),
            by=None,
            keyring=at.keyring,
            now=clock.now(),
        )
        reference = order.reference
    say(f"{login} is suspended: order {reference}")


@click.command()
@click.argument("login")
@click.option("--reason", required=True, help="Why; kept sealed.")
def reinstate(login: str, reason: str) -> None:
    """Lift the order about member LOGIN, or drop one that waits for a second officer."""
    with opened() as at:
        order = standings.open_of(at.session, find(at, login))
        standing_acts.end(at.session, order, reason, by=None, keyring=at.keyring, now=clock.now())
        reference = order.reference
    say(f"order {reference} about {login} has ended")


COMMANDS = (suspend, reinstate)
