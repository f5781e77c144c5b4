"""Read authorization details: the service a client may use for a member, and why (RFC 9396).

There is one type. It names a purpose of the client and a service of its own organisation; both are
registered, so nothing a client writes is ever shown to a member.
"""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from clients.directory import RegisteredClient
from idp.errors import ProtocolError
from kernel.wording import Bilingual
from services import named

TYPE = "urn:taipei-id:authorization-details:service"
FIELDS = frozenset({"type", "purpose", "service"})
MOST = 10
LONGEST = 64  # characters of a code


@dataclass(frozen=True)
class Detail:
    """One service, for one purpose."""

    purpose: str
    service: str
    name: Bilingual  # of the service

    def form(self) -> dict[str, str]:
        """Return it as clients write it."""
        return {"type": TYPE, "purpose": self.purpose, "service": self.service}


def read(session: Session, client: RegisteredClient, text: str | None) -> tuple[Detail, ...]:
    """Return what `authorization_details` asks for; nothing if there are none.

    Raises ProtocolError `invalid_authorization_details` (RFC 9396 5).
    """
    if text is None:
        return ()
    asked = [_fields(each) for each in _listed(text)]
    purposes, services = {each[0] for each in asked}, [each[1] for each in asked]
    purpose = client.find_purpose(min(purposes))
    if len(purposes) > 1 or purpose is None:
        raise _refused("purpose is not one of this client, or there are several")
    names = (
        {}
        if client.organisation_id is None
        else named.of_organisation(session, client.organisation_id, services)
    )
    if not names.keys() >= set(services):
        raise _refused("service is not one of this client's organisation")
    return tuple(Detail(purpose.code, each, names[each]) for each in dict.fromkeys(services))


def forms(text: str) -> list[dict[str, str]]:
    """Return details as they are kept with a grant, unknown or not. Raises as `read` does."""
    asked = dict.fromkeys(_fields(each) for each in _listed(text))
    return [{"type": TYPE, "purpose": purpose, "service": service} for purpose, service in asked]


def _listed(text: str) -> list[Any]:
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError):
        raise _refused("it is not JSON") from None
    if not isinstance(listed, list) or not 0 < len(listed) <= MOST:
        raise _refused(f"it is not a list of one to {MOST} objects")
    return listed


def _fields(each: object) -> tuple[str, str]:
    if not isinstance(each, dict) or each.get("type") != TYPE:
        raise _refused("its type is not supported")
    if each.keys() != FIELDS:
        raise _refused("it has other fields than purpose and service")
    codes = each["purpose"], each["service"]
    if not all(isinstance(code, str) and 0 < len(code) <= LONGEST for code in codes):
        raise _refused("purpose and service are codes")
    if not all(code.isascii() and code.isprintable() for code in codes):
        raise _refused("purpose and service are codes")
    return codes


def _refused(description: str) -> ProtocolError:
    return ProtocolError("invalid_authorization_details", description)
