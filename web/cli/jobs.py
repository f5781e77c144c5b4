"""`taipei-id jobs`: look at what is put off, and let what was given up begin anew."""

from uuid import UUID

import click

from audit import trail
from kernel import clock
from kernel import jobs as outbox
from kernel.jobs import Job
from web.cli.console import say, show_table
from web.cli.opening import opened


@click.group()
def jobs() -> None:
    """List jobs that wait or were given up; try the latter again."""


@jobs.command(name="list")
@click.option("--failed", is_flag=True, help="Only those given up.")
@click.option("--most", default=100, show_default=True, type=click.IntRange(1, 10_000))
def list_(*, failed: bool, most: int) -> None:
    """List jobs not done: ids and codes only."""
    with opened() as at:
        rows = [_row(job) for job in outbox.listed(at.session, failed_only=failed, most=most)]
    show_table(("id", "kind", "state", "attempts", "next attempt", "last error"), rows)


def _row(job: Job) -> tuple[str, ...]:
    state = "given up" if job.failed_at else "at work" if job.locked_until else "waiting"
    next_at = "–" if job.failed_at else f"{job.run_at:%Y-%m-%dT%H:%M:%SZ}"
    return (str(job.id), job.kind, state, str(job.attempts), next_at, job.last_error or "–")


@jobs.command()
@click.argument("job_id", type=click.UUID, required=False)
@click.option("--all", "every", is_flag=True, help="Everything that was given up.")
def retry(job_id: UUID | None, *, every: bool) -> None:
    """Let the job JOB_ID begin anew, or with --all everything that was given up."""
    if (job_id is None) != every:
        raise click.UsageError("name one job, or say --all")
    with opened() as at:
        now = clock.now()
        count = outbox.retry(at.session, job_id, now=now)
        trail.record(at.session, "job.retried", actor=None, now=now, count=count, channel="cli")
    say(f"{count} will be tried again.")
