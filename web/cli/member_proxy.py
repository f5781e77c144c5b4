"""`taipei-id member proxy`, `capacity`: letters of attorney, and what a court declared."""

from datetime import datetime, time, timedelta

import click

from audit import footprint, trail
from audit.lines import Kind
from consent.representation import Band
from kernel import clock
from kernel.errors import Refused
from kernel.wording import CHINESE
from members import capacities, proxies
from members.models import Capacity, Relation
from members.proxy_models import Letter, Matter, PowerEnd
from web import guardian_links, proxy_acts
from web.cli import law_notes, recording
from web.cli.console import say
from web.cli.member import find
from web.cli.opening import opened
from web.cli.refusals import Stop
from web.mails import Mail

DAY = click.DateTime(["%Y-%m-%d"])


def _midnight(day: datetime) -> datetime:
    return datetime.combine(day.date(), time(), clock.TAIPEI)


@click.command()
@click.argument("principal")
@click.argument("login")
@click.option(
    "--matter",
    "matters",
    multiple=True,
    required=True,
    type=click.Choice([each.value for each in Matter]),
    help="What the letter names; may be given several times.",
)
@click.option("--from", "since", type=DAY, help="The first day; today if left out.")
@click.option("--to", "until", type=DAY, required=True, help="The last day.")
@click.option("--letter", type=click.Choice([each.value for each in Letter]), default="paper")
@click.option("--reference", required=True, help="Where the letter is kept.")
def proxy(
    principal: str,
    login: str,
    *,
    matters: tuple[str, ...],
    since: datetime | None,
    until: datetime,
    letter: str,
    reference: str,
) -> None:
    """Enter that member LOGIN may act for PRINCIPAL by a power of attorney."""
    now = clock.now()
    with opened() as at:
        principal_id, proxy_id = find(at, principal), find(at, login)
        if (
            guardian_links.band_of(at.session, principal_id, keyring=at.keyring, now=now)
            is Band.GUARDED
        ):
            raise Refused("member.capacity_representative_required")
        parties = (principal_id, proxy_id)
        if not all(
            guardian_links.is_able(at.session, each, keyring=at.keyring, now=now)
            for each in parties
        ):
            raise Refused("poa.not_adult")
        power_id = proxies.enter(
            at.session,
            principal_id=principal_id,
            proxy_id=proxy_id,
            matters=map(Matter, matters),
            letter=Letter(letter),
            reference=reference,
            starts_at=now if since is None else _midnight(since),
            ends_at=_midnight(until) + timedelta(days=1),
            now=now,
        )
        for kind, whose in ((Kind.POWER_GIVEN, principal_id), (Kind.POWER_TAKEN, proxy_id)):
            footprint.record(
                at.session,
                kind,
                member_id=whose,
                now=now,
                by=str(proxy_id),
                whom=str(principal_id),
                relation=Relation.PROXY.value,
                matters=sorted(set(matters)),
            )
        recording.record(at.session, "power.entered", power_id, now=now)
        proxy_acts.warn(
            at.session,
            power_id,
            principal_id,
            Mail.PROXY_ENTERED,
            language=CHINESE,
            now=now,
            key=at.keyring.derive("not-me/v1"),
        )
    say(f"{login} may act for {principal}.")


@click.command("end-proxy")
@click.argument("principal")
@click.argument("login")
def end_proxy(principal: str, login: str) -> None:
    """End what LOGIN may do for PRINCIPAL: by death, by judgement, or entered by mistake."""
    now = clock.now()
    with opened() as at:
        principal_id, proxy_id = find(at, principal), find(at, login)
        ended = [
            proxy_acts.end(at.session, each, PowerEnd.COUNTER, language=CHINESE, now=now)
            for each in proxies.given_by(at.session, principal_id, now=now)
            if each.proxy_id == proxy_id
        ]
        if not any(ended):
            raise Refused("case.poa_missing")
    say(f"{login} no longer acts for {principal}.")


@click.command()
@click.argument("login")
@click.argument("capacity", type=click.Choice([each.value for each in Capacity]))
@click.option("--decree", required=True, help="The number of the court's decree.")
@click.option("--on", "declared", type=DAY, required=True, help="The day of the decree.")
def capacity(login: str, capacity: str, decree: str, declared: datetime) -> None:
    """Note that a court declared member LOGIN guarded or assisted.

    Who is guarded acts for nobody: powers given or held end, and whose guardian they are.
    """
    now = clock.now()
    with opened() as at:
        member_id, on = find(at, login), declared.date()
        if on > clock.taipei_day(now):
            raise Stop("no court has declared on a day to come; look at --on")
        capacities.note(
            at.session, member_id, Capacity(capacity), source=decree, declared_on=on, now=now
        )
        if Capacity(capacity) is Capacity.GUARDED:  # a mandate ends with it (Civil Code 550)
            proxy_acts.end_all_of(at.session, member_id, language=CHINESE, now=now)
        trail.record(
            at.session,
            "capacity.noted",
            actor=None,
            subject=member_id,
            now=now,
            capacity=capacity,
            channel="cli",
        )
        law_notes.tell(at.session, member_id, now=now)
    say(f"{login} is {capacity}.")


@click.command("lift-capacity")
@click.argument("login")
def lift_capacity(login: str) -> None:
    """Note that a declaration about LOGIN is lifted, and with it who acted because of it."""
    now = clock.now()
    with opened() as at:
        member_id = find(at, login)
        acted = guardian_links.lift(at.session, member_id, actor=None, now=now)
        recording.record(at.session, "capacity.lifted", member_id, now=now)
        law_notes.tell(at.session, member_id, *acted, now=now)
    say(f"{login} decides alone again.")


COMMANDS = (proxy, end_proxy, capacity, lift_capacity)
