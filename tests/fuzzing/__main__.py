"""`python -m tests.fuzzing --minutes 1`: look for long; what breaks a parser is saved."""

import hashlib
import sys
from datetime import timedelta

import click
from hypothesis import HealthCheck, Phase, given, settings

from kernel import clock
from tests.fuzzing.mutating import bytes_for
from tests.fuzzing.targets import CORPUS, TARGETS, Target, corpus

EXAMPLES = 500  # between two looks at the clock


@click.command()
@click.option("--minutes", default=1.0, show_default=True, help="For each parser.")
@click.argument("names", nargs=-1, type=click.Choice(sorted(TARGETS)))
def main(minutes: float, names: tuple[str, ...]) -> None:
    """Throw bytes at the parsers NAMES, or at all; end with 1 if one broke."""
    broken = [name for name in names or sorted(TARGETS) if not _stands(name, minutes)]
    sys.exit(bool(broken))


def _stands(name: str, minutes: float) -> bool:
    until, rounds, broke = clock.now() + timedelta(minutes=minutes), 0, [b""]
    while clock.now() < until:
        try:
            _round(TARGETS[name], corpus(name), broke)
        except Exception as bug:  # noqa: BLE001  # whatever it is, it is what we look for
            file = CORPUS / name / f"broke-{hashlib.sha256(broke[-1]).hexdigest()[:12]}"
            file.write_bytes(broke[-1])
            click.echo(f"{name}: {type(bug).__name__}: {bug}; saved as {file.name}")
            return False
        rounds += 1
    click.echo(f"{name}: {rounds * EXAMPLES} inputs stood")
    return True


def _round(target: Target, seeds: list[bytes], broke: list[bytes]) -> None:
    """Try a round of inputs; the last of `broke` is the smallest that was found to break it."""

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(raw=bytes_for(seeds))
    def stands(raw: bytes) -> None:
        try:
            target.stands(raw)
        except Exception:
            broke.append(raw)
            raise

    stands()


if __name__ == "__main__":
    main()
