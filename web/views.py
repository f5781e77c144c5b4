"""Shape what several templates show of a client."""

from dataclasses import dataclass

from clients.directory import RegisteredClient
from clients.models import Review
from idp.addresses import with_parameters
from kernel.wording import Bilingual
from web import flow, scope


@dataclass(frozen=True)
class ClientView:
    """A client as members see it: its registered name, host and kind."""

    name: Bilingual
    host: str
    kind: str
    trial: bool = False  # it is being tried out, and learns nothing
    logo: str | None = None
    policy_uri: str | None = None
    tos_uri: str | None = None
    start_uri: str | None = None  # where a sign-in there begins (OIDC Core 4)


def client_view(client: RegisteredClient) -> ClientView:
    """Return what pages show of `client`."""
    trial = client.review is Review.SANDBOX
    shown = client.logo if not trial or scope.rooms().settings.demo else None
    return ClientView(
        client.name,
        flow.host_of(client),
        client.kind.value,
        trial,
        shown,
        client.policy_uri,
        client.tos_uri,
        _start_of(client),
    )


def _start_of(client: RegisteredClient) -> str | None:
    if client.initiate_login_uri is None:
        return None
    return with_parameters(client.initiate_login_uri, {"iss": scope.rooms().provider.issuer})
