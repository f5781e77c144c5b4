"""Print the start page in the terminal: where to go, whom to be, what to try."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from demo import city
from demo.addresses import FIXED, Addresses
from demo.words import THINGS_TO_TRY


def show(console: Console, addresses: Addresses, data: Path) -> None:
    """Print everything a visitor needs; plain text where nobody watches."""
    console.print()
    console.print("[bold]Taipei ID: the demo city is open.[/bold]")
    console.print()
    console.print(_places(addresses))
    console.print()
    console.print(_people())
    console.print()
    console.print("[bold]Things to try[/bold]")
    for number, thing in enumerate(THINGS_TO_TRY, start=1):
        console.print(f"{number}. {thing.en}", markup=False)
    console.print()
    console.print(f"Data and logs: {data}  (delete the folder to begin afresh)", markup=False)
    console.print("For test tools: demo/personas.json, demo/clients.json", markup=False)
    if addresses != FIXED:
        console.print(f"With these addresses: {data / city.CLIENTS.name}", markup=False)
    console.print("[bold]Press Ctrl-C to end everything.[/bold]")


def _places(addresses: Addresses) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_row("Begin here", f"[bold]{addresses.provider.origin}/demo[/bold]", "people, links")
    table.add_row("Library", f"{addresses.library.origin}/", "an agency: Log in with Taipei ID")
    table.add_row("Café", f"{addresses.merchant.origin}/", "a merchant's till")
    table.add_row("Provider", f"{addresses.provider.origin}/", "account, consents, sessions")
    table.add_row("Card reader", f"{addresses.provider.origin}/demo#cards", "cards, their PIN")
    table.add_row("Mailbox", f"{addresses.provider.origin}/demo/inbox", "what members are told")
    return table


def _people() -> Table:
    table = Table("Account name", "Password", "What is special", box=None, pad_edge=False)
    for persona in city.personas():
        table.add_row(persona.login_id, persona.password, persona.special.en)
    return table
