"""`taipei-id bench-data`: fill a database with a synthetic crowd, to measure in."""

from importlib import import_module

import click

from kernel import clock
from kernel import settings as configuration
from web.cli.console import progress, say
from web.cli.opening import engine_of, keyring_of, require_current
from web.cli.refusals import Stop

FILLING = "demo.crowd.filling"  # by name: no other command waits for it


@click.command(name="bench-data")
@click.option("--members", type=click.IntRange(1, 9_999_999), required=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--lines", type=click.IntRange(0, 1000), default=4, show_default=True)
@click.option("--one-in", type=click.IntRange(1), default=1, help="Seal one in so many only.")
def bench_data(members: int, seed: int, lines: int, one_in: int) -> None:
    """Fill the database up to so many made-up members, each with LINES lines of footprint.

    Demo mode only. The same seed makes the same crowd, and says so by the same digest; a run that
    was interrupted goes on. With --one-in PostgreSQL copies the others, who can be found and
    counted but cannot sign in: 2,600,000 in minutes. SQLite takes 300,000.
    """
    settings = configuration.load()
    if not settings.demo:
        raise Stop("a crowd is for benches only; set TAIPEI_ID_DEMO=1")
    require_current(settings)
    filling = import_module(FILLING)
    with engine_of(settings) as engine, progress("filling", total=members) as advance:
        try:
            added, digest = filling.fill(
                engine,
                keyring_of(settings),
                members=members,
                seed=seed,
                lines=lines,
                now=clock.now(),
                advance=advance,
                one_in=one_in,
            )
        except ValueError as problem:
            raise Stop(str(problem)) from None
    say(f"{added} members added, digest {digest}")
