"""Say no to a client, in the words of the specifications, and to a person, in plain ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

Aftermath = Callable[[Session], None]


class ProtocolError(Exception):
    """The client did it wrong: an OAuth `error` with its description (RFC 6749 5.2).

    `aftermath`, if any, is what must be written although the request is rolled back, such as
    the end of a grant whose code was replayed.
    """

    def __init__(
        self, error: str, description: str, *, status: int = 400, aftermath: Aftermath | None = None
    ) -> None:
        super().__init__(f"{error}: {description}")
        self.error = error
        self.description = description
        self.status = status
        self.aftermath = aftermath


class NothingSent(ProtocolError):
    """No token came, or none of a kind we know: the challenge names no error (RFC 6750 3.1)."""

    def __init__(self, description: str) -> None:
        super().__init__("invalid_token", description, status=401)


class InsufficientAuthentication(ProtocolError):
    """The login behind a token does not do; `challenge` says which would (RFC 9470 3)."""

    def __init__(self, description: str, challenge: Mapping[str, str]) -> None:
        super().__init__("insufficient_user_authentication", description, status=401)
        self.challenge = challenge


@dataclass(frozen=True)
class ReturnAddress:
    """Where an authorization response may go, and how: only ever to a registered redirect URI."""

    redirect_uri: str
    state: str | None
    mode: str = "query"  # of idp.response_modes
    client_id: str = ""  # whom a signed response is for
    alg: str = ""  # what it is signed with
    awaited_id: UUID | None = None  # it goes to a device that waits, not to an address


class AuthorizationRefused(ProtocolError):
    """Client and redirect URI are verified, so this error travels there (RFC 6749 4.1.2.1)."""

    def __init__(self, error: str, description: str, *, to: ReturnAddress) -> None:
        super().__init__(error, description)
        self.to = to


class UntrustedRequest(ProtocolError):
    """Client or redirect URI do not hold: a page for the person, never a redirect.

    `code` names the page's wording in `kernel.refusals`.
    """

    def __init__(self, code: str, description: str) -> None:
        super().__init__("invalid_request", description)
        self.code = code
