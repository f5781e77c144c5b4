"""`taipei-id views`: who looked at people, and who did without a case, for the auditor (9)."""

from datetime import timedelta

import click

from audit import views as looking
from kernel import clock
from web.cli.console import show_table
from web.cli.opening import opened


@click.command()
@click.option("--days", default=30, show_default=True, help="How far to look back.")
def views(days: int) -> None:
    """Count each officer's looks at people's records; those without a case come first."""
    with opened() as at:
        rows = [
            (str(each.actor or "–"), str(each.without_case), str(each.times))
            for each in looking.by_officer(at.session, since=clock.now() - timedelta(days=days))
        ]
    show_table(("officer", "without_case", "looks"), rows)
