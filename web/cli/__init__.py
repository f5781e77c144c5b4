"""The operator's command, `taipei-id`: one module a family of commands.

Exit codes: 0 done, 1 refused or unwell (one line says what to do), 2 wrongly called. On a terminal
the output is coloured; anywhere else it is plain lines, tables tab-separated.
"""

import gc

gc.disable()  # nothing that is read in is garbage: looking for some is a quarter of the start

from importlib import import_module

import click

from web.cli import serve
from web.cli.refusals import Commands

gc.freeze()
gc.enable()

OTHERS = "web.cli.commands"  # by name: workers are forks of `serve`, and would hold them all


class Command(Commands):
    """Reads the others in when one that is not `serve` is asked for, or all are."""

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of this name."""
        if cmd_name not in self.commands:
            self._read_others()
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        self._read_others()
        return super().list_commands(ctx)

    def _read_others(self) -> None:
        gc.disable()
        for command in import_module(OTHERS).COMMANDS:
            self.add_command(command)
        gc.freeze()
        gc.enable()


@click.group(cls=Command, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="taipei-id", prog_name="taipei-id")
def main() -> None:
    """Run and look after Taipei ID, the city's OpenID Connect provider.

    Settings come from TAIPEI_ID_… variables and the TOML file named by TAIPEI_ID_CONFIG;
    docs/configuration.md lists them.
    """


main.add_command(serve.serve)
