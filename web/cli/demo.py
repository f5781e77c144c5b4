"""`taipei-id demo`: the synthetic city, if what it needs is installed."""

from importlib import import_module

import click

from web.cli.refusals import Stop

RUNNER = "demo.run"
SANDBOX = "demo.sandbox.run"
WHAT_THE_EXTRA_BRINGS = {"authlib", "requests", "rich"}


@click.command()
def demo() -> None:
    """Start the demo city: provider, library and merchant; Ctrl-C ends all three."""
    _run(RUNNER)


@click.command()
def sandbox() -> None:
    """Start a sandbox for developers: invented people, test clients, simulated faults."""
    _run(SANDBOX)


def _run(name: str) -> None:
    try:
        runner = import_module(name)
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in WHAT_THE_EXTRA_BRINGS:
            raise
        raise Stop("the demo needs its extra: pip install 'taipei-id[demo]'") from None
    runner.main()
