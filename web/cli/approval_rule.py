"""`taipei-id approval-rule`: the Bureau's rule of approval, version by version, as data."""

import click

from audit import trail
from kernel import clock
from members import approval_rules
from members.application_models import Channel, PersonKind
from web.cli.console import say, show_table
from web.cli.opening import opened

KINDS, CHANNELS = [each.value for each in PersonKind], [each.value for each in Channel]


@click.group(name="approval-rule")
def approval_rule() -> None:
    """Adopt, list and end the rule by which simple applications are approved (DoIT)."""


@approval_rule.command()
@click.option("--kind", "kinds", type=click.Choice(KINDS), multiple=True, required=True)
@click.option("--channel", "channels", type=click.Choice(CHANNELS), multiple=True, required=True)
@click.option("--youngest", default=18, show_default=True, help="Years of age.")
@click.option("--sample", default=50, show_default=True, help="Of a thousand, seen by a person.")
@click.option("--document-no", required=True, help="The number under which DoIT adopted it.")
def adopt(
    kinds: tuple[str, ...], channels: tuple[str, ...], youngest: int, sample: int, document_no: str
) -> None:
    """Let a new version hold from now on, instead of the one before."""
    now = clock.now()
    with opened() as at:
        rule = approval_rules.adopt(
            at.session,
            kinds=[PersonKind(each) for each in kinds],
            channels=[Channel(each) for each in channels],
            youngest=youngest,
            sample_per_mille=sample,
            document_no=document_no,
            by=None,
            now=now,
        )
        trail.record(
            at.session, "rule.adopted", actor=None, now=now, version=rule.version, channel="cli"
        )
        version = rule.version
    say(f"version {version} holds")


@approval_rule.command()
def end() -> None:
    """Let no rule hold: every application is a person's."""
    now = clock.now()
    with opened() as at:
        held = approval_rules.end(at.session, now=now)
        if held:
            trail.record(at.session, "rule.ended", actor=None, now=now, channel="cli")
    say("every application is a person's now" if held else "no rule held")


@approval_rule.command(name="list")
def list_() -> None:
    """List every version there was, the newest first."""
    with opened() as at:
        rows = [
            (
                str(each.version),
                ",".join(each.kinds),
                ",".join(each.channels),
                str(each.youngest),
                str(each.sample_per_mille),
                each.document_no,
                f"{each.adopted_at:%Y-%m-%d}",
                "holds" if each.ended_at is None else f"{each.ended_at:%Y-%m-%d}",
            )
            for each in approval_rules.listed(at.session)
        ]
    heads = ("version", "kinds", "channels", "youngest", "sample", "document", "adopted", "until")
    show_table(heads, rows)
