"""`python -m tests.fuzzing --seconds 60`: look for long; what breaks a parser is saved.

Led by coverage where atheris is installed, by chance elsewhere (docs/decisions/0165).
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import click

# By name: what atheris leads must not have been imported before it.
LOOKING = f"tests.fuzzing.{'guided' if find_spec('atheris') else 'by_chance'}"
CORPUS = Path(__file__).with_name("corpus")


@click.command()
@click.option("--seconds", default=60, show_default=True, help="For each parser.")
@click.option("--seed", default=0, help="Not 0: the same inputs each time, while led by coverage.")
@click.option("--into", default=CORPUS, type=Path, help="Where what broke a parser is saved.")
@click.argument("names", nargs=-1)
def main(seconds: int, seed: int, into: Path, names: tuple[str, ...]) -> None:
    """Throw bytes at the parsers NAMES, or at all; end with 1 if one broke."""
    sys.exit(bool(import_module(LOOKING).look(names, seconds, seed=seed, into=into)))


if __name__ == "__main__":
    main()
