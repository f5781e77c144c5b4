"""The authorization request after it was checked: plain values the rest of the room trusts."""

from dataclasses import dataclass

from pyop.message import AuthorizationRequest as Message

from clients import response_types
from clients.directory import RegisteredClient, RegisteredPurpose
from idp.details import Detail
from idp.errors import ReturnAddress


@dataclass(frozen=True, kw_only=True)
class AuthorizationRequest:
    """What a verified client asks for (OIDC Core 3.1.2.1)."""

    client: RegisteredClient
    purpose: RegisteredPurpose
    to: ReturnAddress
    scopes: tuple[str, ...]
    claims: frozenset[str]  # everything asked for: by scope and by the claims parameter
    prompt: frozenset[str]
    max_age: int | None  # seconds
    acr_values: tuple[str, ...]
    essential_acr: tuple[str, ...]  # as the client demands, and the purpose
    hint_sub: str | None  # the member the client expects, from id_token_hint or claims.sub
    login_hint: str
    ui_locales: str
    parameters: dict[str, str]  # as they came, to store with an interaction and to start again
    message: Message  # as pyop understood it
    wants_auth_time: bool = False
    resource: str | None = None  # the only interface its tokens are for
    details: tuple[Detail, ...] = ()  # what else the member is asked to let the client do

    @property
    def response_type(self) -> str:
        """Return what the response is to hold, its words in their usual order."""
        return response_types.find(self.parameters["response_type"]) or response_types.CODE

    @property
    def asks_anew(self) -> bool:
        """Say whether earlier consents do not answer: the client wants it, or asks for more."""
        return "consent" in self.prompt or bool(self.details)

    @property
    def silent(self) -> bool:
        """Say whether no page may be shown (`prompt=none`)."""
        return "none" in self.prompt
