"""Shape what several templates show of a client."""

from dataclasses import dataclass

from clients.directory import RegisteredClient
from kernel.wording import Bilingual
from web import flow


@dataclass(frozen=True)
class ClientView:
    """A client as members see it: its registered name, host and kind."""

    name: Bilingual
    host: str
    kind: str


def client_view(client: RegisteredClient) -> ClientView:
    """Return what pages show of `client`."""
    return ClientView(client.name, flow.host_of(client), client.kind.value)
