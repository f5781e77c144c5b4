"""`taipei-id terms`: publish the terms of applying, version by version (8(2)1)."""

from datetime import datetime
from pathlib import Path

import click

from audit import trail
from kernel import clock
from kernel.wording import Bilingual
from members import terms as versions
from members.terms import Terms
from web.cli.console import say
from web.cli.opening import opened


@click.group()
def terms() -> None:
    """See and publish the terms that applicants agree to."""


@terms.command()
def show() -> None:
    """Print the version in force and its text in both languages."""
    with opened() as at:
        current = versions.current(at.session, now=clock.now())
    say(f"{current.version}\n\n{current.text.zh}\n\n{current.text.en}")


@terms.command()
@click.option("--version", "name", required=True, help="Such as 2027-1; used once.")
@click.option(
    "--from",
    "effective_at",
    required=True,
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day, in Taipei, from which it holds.",
)
@click.option("--zh", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--en", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
def publish(name: str, effective_at: datetime, zh: Path, en: Path) -> None:
    """Let another text hold from a day on; paragraphs are parted by empty lines.

    Who is filling in a form on that day reads and agrees anew.
    """
    text = Bilingual(zh.read_text("utf-8").strip(), en.read_text("utf-8").strip())
    version = name.strip()
    with opened() as at:
        now = clock.now()
        start = effective_at.replace(tzinfo=clock.TAIPEI)
        versions.publish(at.session, Terms(version, text), effective_at=start, now=now)
        trail.record(
            at.session, "terms.published", actor=None, now=now, version=version, channel="cli"
        )
    say(f"{version} holds from {effective_at:%Y-%m-%d}.")
