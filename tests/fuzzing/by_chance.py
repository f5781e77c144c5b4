"""Look for inputs that break a parser by changing sound ones at random, where atheris is not."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import click
from hypothesis import HealthCheck, Phase, given, settings

from kernel import clock
from tests.fuzzing.mutating import bytes_for
from tests.fuzzing.targets import TARGETS, Target, corpus

EXAMPLES = 500  # between two looks at the clock


def look(names: Sequence[str], seconds: int, *, seed: int, into: Path) -> list[str]:
    """Try each parser for so long; return those that broke, and save what did in a folder each."""
    del seed  # the inputs are others each time
    return [name for name in names or sorted(TARGETS) if not _stands(name, seconds, into / name)]


def _stands(name: str, seconds: int, into: Path) -> bool:
    until, rounds, broke = clock.now() + timedelta(seconds=seconds), 0, [b""]
    while clock.now() < until:
        try:
            _round(TARGETS[name], corpus(name), broke)
        except Exception as bug:  # noqa: BLE001  # whatever it is, it is what we look for
            into.mkdir(exist_ok=True)
            file = into / f"broke-{hashlib.sha256(broke[-1]).hexdigest()[:12]}"
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
