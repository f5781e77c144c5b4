"""Narrow tokens to one interface and to some of what was agreed (RFC 8707; RFC 9396 6, 7).

Only ever less than the grant holds: a client names where a token goes and for which services, at
the sign-in or whenever it asks for tokens. What an interface offers beyond is exchanged for
(`idp.exchanging`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from clients import resources
from clients.directory import RegisteredClient
from clients.resource_models import TokenFormat
from clients.resources import Target
from idp import details
from idp.errors import ProtocolError
from kernel.prebuilt import Row

RESOURCE = "resource"  # in a request, and in a grant's
DETAILS = "authorization_details"


@dataclass(frozen=True)
class Narrowed:
    """What a token is good for, of what its grant holds; None for all of it."""

    audience: str | None = None
    details: list[dict[str, str]] | None = None


EVERYTHING = Narrowed()


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What one token request names, and who makes it of whom."""

    issuer: str
    client: RegisteredClient
    resource: str | None = None
    details: str | None = None

    def of(self, session: Session, grant: Row) -> Narrowed:
        """Return what the tokens of this request are good for.

        Raises ProtocolError `invalid_target`, `invalid_authorization_details`.
        """
        agreed: Mapping[str, Any] = grant.request
        wanted = self.resource or agreed.get(RESOURCE)
        if wanted is None and self.details is None:
            return EVERYTHING
        if agreed.get(RESOURCE) not in {None, wanted} and wanted != self.issuer:
            raise ProtocolError("invalid_target", "the sign-in was for another resource")
        audience = require_usable(session, self.client, wanted, issuer=self.issuer)
        return Narrowed(audience, self._fewer(agreed.get(DETAILS, [])))

    def _fewer(self, agreed: list[dict[str, str]]) -> list[dict[str, str]] | None:
        if self.details is None:
            return None
        wanted = details.forms(self.details)
        if not all(each in agreed for each in wanted):
            raise ProtocolError("invalid_authorization_details", "the member did not agree to it")
        return wanted


def require_usable(
    session: Session, client: RegisteredClient, resource: str | None, *, issuer: str
) -> str | None:
    """Return the interface that tokens for `resource` are held to; None for this provider itself.

    Raises ProtocolError `invalid_target`: it is not approved for the client, it belongs to another
    agency, who would learn whose reader the member is (regulation 10(3)), or it verifies tokens
    without asking.
    """
    if resource is None or resource == issuer:
        return None
    target = find_usable(session, client, resource)
    if target is None:
        raise ProtocolError("invalid_target", "this client is not approved for this resource")
    if target.token_format is TokenFormat.JWT:
        raise ProtocolError("invalid_target", "tokens for this interface are exchanged (RFC 8693)")
    return target.identifier


def find_usable(session: Session, client: RegisteredClient, resource: str) -> Target | None:
    """Return an interface of the client's own agency that it is approved for."""
    target = resources.targets(session, client.id).get(resource)
    return None if target is None or target.organisation_id != client.organisation_id else target
