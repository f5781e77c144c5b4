"""`python -m bench`: read what is wanted, measure, report."""

import os
from collections.abc import Callable
from pathlib import Path

import click

from bench import alike as alike_
from bench import consolidation as consolidation_
from bench import doors, offered_report, report, sizes_report, soak_report
from bench import intake as intake_
from bench import migration as migration_
from bench import offered as offered_
from bench import parts as parts_
from bench import sizes as sizes_
from bench import soak as soak_
from bench.flows import OPERATIONS
from bench.load import Failed
from bench.measure import Plan, Row, Say, measure
from bench.parts import Part
from bench.report import Report
from bench.servers import NotStarted
from bench.sizes import Sized
from bench.telling import telling
from kernel import clock
from tests.postgres import PostgresUnavailable

ENGINES = {
    "sqlite": ("sqlite",),
    "postgresql": ("postgresql",),
    "both": ("sqlite", "postgresql"),
}
ROUNDS_ALIKE = 1_000
TAPS = ("tap", "tap@50")
NAMES = {name: (name,) for name in OPERATIONS} | {"all": tuple(OPERATIONS)}


def _users(_context: click.Context, _parameter: click.Parameter, text: str) -> tuple[int, ...]:
    try:
        users = tuple(int(each) for each in text.split(","))
    except ValueError:
        users = ()
    if not users or min(users) < 1 or any(each > 1 and each % 2 for each in users):
        raise click.BadParameter("give 1 or even numbers, separated by commas")
    return users


def _sizes(
    _context: click.Context, _parameter: click.Parameter, text: str | None
) -> tuple[int, ...]:
    try:
        sizes = tuple(int(each) for each in (text or "").split(",") if each)
    except ValueError:
        raise click.BadParameter("give numbers of members, separated by commas") from None
    return sizes


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--quick", is_flag=True, help="One second, one round, 100 members, 1 and 8 users.")
@click.option("--engine", type=click.Choice(tuple(ENGINES)), default="both", show_default=True)
@click.option("--operation", type=click.Choice(tuple(NAMES)), default="all", show_default=True)
@click.option("--seconds", type=click.FloatRange(0.1, 600), help="Length of a run  [default: 4]")
@click.option("--users", "--concurrent", callback=_users, default="1,8,32", show_default=True)
@click.option("--rounds", type=click.IntRange(1, 10_000), help="How often  [default: 3]")
@click.option("--members", type=click.IntRange(1), help="Signed-in members  [default: 1000]")
@click.option("--crowd", type=click.IntRange(0, 9_999_999), default=0, help="Among so many others.")
@click.option("--sizes", callback=_sizes, help="Among crowds of these sizes, one after another.")
@click.option("--json", "file", type=click.Path(path_type=Path), help="Write the numbers here.")
@click.option("--taps", is_flag=True, help="Only readers at desks: at full speed, and 50/s.")
@click.option("--parts", is_flag=True, help="Time single parts in process instead.")
@click.option("--alike", is_flag=True, help="Ask whether a wait tells more than the answer.")
@click.option("--consolidation", type=click.IntRange(1), help="A batch of so many rows instead.")
@click.option("--intake", type=click.IntRange(1), multiple=True, help="The desk among so many.")
@click.option("--migration", type=click.IntRange(1), help="A change of so many rows instead.")
@click.option("--soak", type=click.IntRange(1), help="So many requests: do workers grow?")
@click.option(
    "--offered", type=click.FloatRange(0.1), help="So many sign-ins a second, come what may."
)
@click.option(
    "--guesses", type=click.FloatRange(0.1), help="Tokens beside so many guesses a second."
)
@click.option("--minutes", type=click.FloatRange(0.01, 60), default=1.0, show_default=True)
@click.option("--write", is_flag=True, help="Put the table into docs/performance.md.")
@click.pass_context
def main(
    context: click.Context,
    *,
    quick: bool,
    engine: str,
    operation: str,
    seconds: float | None,
    users: tuple[int, ...],
    rounds: int | None,
    members: int | None,
    crowd: int,
    sizes: tuple[int, ...],
    file: Path | None,
    taps: bool,
    parts: bool,
    alike: bool,
    consolidation: int | None,
    intake: tuple[int, ...],
    migration: int | None,
    soak: int | None,
    offered: float | None,
    guesses: float | None,
    minutes: float,
    write: bool,
) -> None:
    """Measure what sign-ins cost on a real server with a real database."""
    instead: tuple[tuple[object, Callable[[], None]], ...] = (
        (consolidation, lambda: _consolidate(ENGINES[engine], consolidation or 0)),
        (intake, lambda: _take_in(ENGINES[engine], intake)),
        (migration, lambda: _change(migration or 0)),
        (alike, lambda: _tell_apart(ENGINES[engine], rounds or (20 if quick else ROUNDS_ALIKE))),
        (parts, lambda: report.show_parts(_parts(ENGINES[engine]))),
        (soak, lambda: _soak(ENGINES[engine], soak or 0)),
        (offered, lambda: _offer(ENGINES[engine], offered or 0, minutes)),
        (guesses, lambda: _guess(ENGINES[engine], guesses or 0, minutes)),
    )
    for wanted, do in instead:
        if wanted:
            do()
            return
    given = context.get_parameter_source("users") is click.core.ParameterSource.COMMANDLINE
    operations = TAPS if taps else NAMES[operation]
    plan = Plan(
        engines=ENGINES[engine],
        users=(1, 8) if quick and not given else users,
        operations=_with_units(operations),
        seconds=seconds or (1 if quick else 4),
        repeats=rounds or (1 if quick else 3),
        members=members or (100 if quick else 1000),
        crowd=crowd,
    )
    if sizes:
        _by_size(plan, sizes, write=write)
        return
    found = _measured(plan)
    report.show(found)
    if file is not None:
        report.save(found, file)
    if write:
        report.write(found)


def _with_units(operations: tuple[str, ...]) -> tuple[str, ...]:
    """Add the rows that others are measured by."""
    units = ("floor", "password") if "login" in operations else ("floor",)
    return (*(each for each in units if each not in operations), *operations)


def _consolidate(engines: tuple[str, ...], rows: int) -> None:
    for each in engines:
        with telling() as say:
            found = consolidation_.measure(each, rows, say)
        report.show_consolidation(found)


def _take_in(engines: tuple[str, ...], crowds: tuple[int, ...]) -> None:
    with telling() as say:
        among = [(each, crowd) for each in engines for crowd in crowds]
        taken = [intake_.measure(*each, say) for each in among]
    report.show_desk([row for rows in taken for row in rows])


def _change(rows: int) -> None:
    with telling() as say:
        report.show_migration(migration_.measure(rows, say))


def _soak(engines: tuple[str, ...], requests: int) -> None:
    for each in engines:
        with telling() as say:
            found = soak_.measure(each, requests, say)
        soak_report.show(found)


def _offer(engines: tuple[str, ...], per_second: float, minutes: float) -> None:
    for each in engines:
        with telling() as say:
            found = offered_.peak(each, per_second, minutes * 60, say)
        offered_report.show_peak(found)


def _guess(engines: tuple[str, ...], per_second: float, minutes: float) -> None:
    for each in engines:
        with telling() as say:
            by_pools = offered_.guesses(each, per_second, minutes * 60, say)
        for found in by_pools:
            offered_report.show_guesses(found)


def _parts(engines: tuple[str, ...]) -> list[Part]:
    with telling() as say:
        return parts_.measure(engines, say)


def _tell_apart(engines: tuple[str, ...], rounds: int) -> None:
    def look() -> dict[str, float]:
        with telling() as say:
            found = [
                *alike_.measure(engines, rounds, say),
                *doors.measure(engines, rounds, say),
            ]
        report.show_alike(found)
        return {each.engine: each.p_value for each in found}

    if places := alike_.told_apart(look):
        raise click.ClickException(f"the clock tells at: {'; '.join(sorted(places))}")


def _by_size(plan: Plan, sizes: tuple[int, ...], *, write: bool) -> None:
    found: list[Sized] = []

    def run(say: Say) -> list[Row]:
        found.extend(sizes_.run(plan, sizes, say))
        return []

    notes = _reported(plan, run).notes()
    sizes_report.show(found, notes)
    if write:
        sizes_report.write(found, notes)


def _measured(plan: Plan) -> Report:
    return _reported(plan, lambda say: measure(plan, say))


def _reported(plan: Plan, run: Callable[[Say], list[Row]]) -> Report:
    before, began = os.getloadavg(), clock.now()
    with telling() as say:
        try:
            rows = run(say)
        except (Failed, NotStarted, PostgresUnavailable) as problem:
            raise click.ClickException(str(problem)) from None
    return Report(
        rows=rows,
        began=began.isoformat(timespec="minutes"),
        settings=f"{plan.repeats} rounds of {plan.seconds:g} s, {plan.members} members"
        + (f" of a crowd of {plan.crowd:,}" if plan.crowd else ""),
        load_before=before,
        load_after=os.getloadavg(),
    )


if __name__ == "__main__":
    main(prog_name="python -m bench")
