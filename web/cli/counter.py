"""`taipei-id counter`: list the counters, and release versions of the clerks' course (4, 5(3)).

Agencies look after their counters at /agency/counters; the course is the Bureau's.
"""

from datetime import datetime

import click

from audit import trail
from counters import register, synthetic, training
from counters.standing import Standing
from kernel import clock
from kernel.wording import Bilingual
from web.cli.console import say, show_table
from web.cli.opening import opened


@click.group()
def counter() -> None:
    """Look at the counters, and release the course that clerks must pass."""


@counter.command(name="list")
def list_() -> None:
    """List every counter, how it stands and what it lacks."""
    with opened() as at:
        found = register.all_counters(at.session, now=clock.now())
        rows = [_row(each) for each in found]
    show_table(("code", "name", "agency", "held by", "status", "lacks"), rows)


def _row(each: Standing) -> tuple[str, ...]:
    row = each.counter
    return (
        row.code,
        f"{row.name_zh} / {row.name_en}",
        row.organisation.name_en,
        row.holder.value,
        "ended" if row.ended_at else each.status.value,
        ", ".join(each.missing) or "–",
    )


@counter.command()
def practice() -> None:
    """Enter synthetic people for training counters, once; clerks find them by their numbers."""
    with opened() as at:
        added = synthetic.seed(at.session, keyring=at.keyring, now=clock.now())
        if added:
            trail.record(
                at.session,
                "synthetic_people.added",
                actor=None,
                now=clock.now(),
                count=added,
                channel="cli",
            )
    say(f"{added} synthetic people were added.")
    show_table(("number", "name", "born"), synthetic.PEOPLE)


@counter.command()
@click.argument("version", type=click.IntRange(1, 9999))
@click.option("--title-zh", required=True)
@click.option("--title-en", required=True)
@click.option("--valid-days", type=int, default=730, show_default=True)
@click.option("--grace-days", type=int, default=0, show_default=True)
@click.option("--pass-score", type=int, default=70, show_default=True)
@click.option(
    "--refresh-by",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The last day on which earlier versions count.",
)
def course(  # one option a fact
    version: int,
    title_zh: str,
    title_en: str,
    *,
    valid_days: int,
    grace_days: int,
    pass_score: int,
    refresh_by: datetime | None,
) -> None:
    """Release VERSION of the course; clerks' permissions follow at once."""
    now = clock.now()
    with opened() as at:
        training.release(
            at.session,
            version,
            Bilingual(title_zh, title_en),
            valid_days=valid_days,
            grace_days=grace_days,
            pass_score=pass_score,
            refresh_by=None if refresh_by is None else refresh_by.date(),
            now=now,
        )
        trail.record(
            at.session, "course.released", actor=None, now=now, version=version, channel="cli"
        )
    say(f"Version {version} of the course is released.")


@counter.command()
def courses() -> None:
    """List the versions of the course."""
    with opened() as at:
        rows = [
            (
                str(each.version),
                f"{each.title_zh} / {each.title_en}",
                str(each.valid_days),
                str(each.grace_days),
                str(each.pass_score),
                "–" if each.refresh_by is None else each.refresh_by.isoformat(),
            )
            for each in training.courses(at.session)
        ]
    show_table(("version", "title", "days", "grace", "score", "refresh by"), rows)
