"""`taipei-id keys`: the provider's signing keys, and the master key that seals them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import click

from audit import sealing, trail, trail_sealing, verifying
from idp import keys as signing
from idp.models import KeyState
from idp.signing import ALGORITHMS
from kernel import clock
from kernel.keyring import new_master_key
from web.cli.console import NAMES_WITH_HYPHENS, say, show_table
from web.cli.opening import Opened, opened
from web.cli.refusals import Stop
from web.token_keys import for_signing


@click.group()
def keys() -> None:
    """List and rotate the signing keys; make a master key."""


@keys.command(name="list")
def list_() -> None:
    """List the signing keys: public facts only."""
    with opened() as at:
        found = signing.listed(at.session)
    show_table(
        ("kid", "algorithm", "state", "made", "in use since", "retires", "kept in"),
        [
            (
                key.kid,
                key.alg,
                key.state.value,
                _day(key.created_at),
                _day(key.activated_at),
                _day(key.retires_at),
                "token" if key.private_sealed is None else "database",
            )
            for key in found
        ],
    )


@keys.command()
@click.option("--alg", type=click.Choice(ALGORITHMS), help="Only this algorithm; without it, all.")
@click.option("--at-once", is_flag=True, help="Also with a key that clients may not know yet.")
def rotate(alg: str | None, *, at_once: bool) -> None:
    """Let the announced key sign and announce the next; on a new installation, make the first.

    The worker does this by the calendar. After a theft say --at-once, twice: then neither the
    stolen key nor the one announced beside it signs, and clients that cached the keys fail for
    five minutes. Then seal the ledger, so that the new key vouches for what the old one sealed, and
    withdraw what was stolen.
    """
    wanted = (alg,) if alg else ALGORITHMS
    with opened() as at:
        said = _rotate(at, wanted, at_once=at_once, now=clock.now())
    for each, done in said.items():
        say(f"{each}: {done}.")


def _rotate(at: Opened, wanted: Sequence[str], *, at_once: bool, now: datetime) -> dict[str, str]:
    """Rotate all that were asked for, or none; return what was done about each."""
    active = {key.alg for key in signing.listed(at.session) if key.state is KeyState.ACTIVE}
    for each in active.intersection(wanted):
        if not (at_once or signing.is_announced(at.session, each, now=now)):
            raise Stop(
                f"{each}: announced less than an hour ago, nothing was rotated; "
                "wait, say --alg for another, or say --at-once"
            )
    token = for_signing(at.settings)
    signing.ensure(at.session, at.keyring, token=token, now=now)
    retirement = timedelta(days=at.settings.signing.retiring_days)
    said = {}
    for each in wanted:
        if each not in active:
            said[each] = "first keys made"
        elif signing.rotate(
            at.session, at.keyring, each, retirement=retirement, token=token, now=now
        ):
            said[each] = "rotated"
        else:
            said[each] = "somebody else rotated it at this moment"
            continue
        trail.record(at.session, "key.rotated", actor=None, now=now, alg=each, channel="cli")
    return said


@keys.command(context_settings=NAMES_WITH_HYPHENS)
@click.argument("kid")
@click.option("--anyway", is_flag=True, help="Also if the last checkpoint names it as its key.")
def withdraw(kid: str, *, anyway: bool) -> None:
    """Publish a key no more that was rotated away: who fetches our keys believes it no longer.

    What it signed in earnest fails as well: whoever is signing in at this moment begins anew.
    """
    with opened() as at:
        now = clock.now()
        if not signing.withdraw(at.session, kid, now=now):
            raise Stop("no key of this name is retiring; see 'taipei-id keys list', rotate first")
        for last in (sealing.newest(at.session), trail_sealing.newest(at.session)):
            if not anyway and last is not None and verifying.key_of(last.signed) == kid:
                raise Stop(
                    "it signed the last checkpoint; run 'taipei-id ledger seal' first, "
                    "or say --anyway and 'ledger seal --over' afterwards"
                )
        trail.record(at.session, "key.withdrawn", actor=None, now=now, kid=kid, channel="cli")
    say(f"{kid}: withdrawn.")


@keys.command()
def master() -> None:
    """Print a new master key for the settings; it is kept nowhere else."""
    say(new_master_key())


def _day(moment: datetime | None) -> str:
    return "–" if moment is None else clock.taipei_day(moment).isoformat()
