"""Register interfaces that tokens are made for, and which client may ask each for what (RFC 8707).

An interface is served by an agency's client: it introspects its tokens and knows members by that
client's names. What another client may ask of it is approved scope by scope.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from clients.models import AuthMethod, Client, OrganisationKind
from clients.resource_models import Resource, ResourceScope, TokenFormat
from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from kernel.prebuilt import Prebuilt, Row
from kernel.wording import Bilingual

ALGORITHMS = ("ES256", "RS256")
LONGEST, LONGEST_NAME = 255, 200
# A dot or colon in it, so that none is ever a scope of members' data; "purpose:" names a purpose.
_SCOPE = re.compile(r"(?!purpose:)(?=.{1,64}$)[a-z][a-z0-9_-]*([.:][a-z0-9_-]+)+", re.ASCII)
_TARGETS = Prebuilt(
    select(
        Resource.identifier,
        Resource.client_id,
        Client.organisation_id,
        Resource.token_format,
        Resource.alg,
        ResourceScope.scope,
    )
    .join(ResourceScope, ResourceScope.resource_id == Resource.id)
    .join(Client, Client.id == Resource.client_id)
    .where(ResourceScope.client_id == bindparam("client"), Resource.ended_at.is_(None))
    .order_by(Resource.identifier, ResourceScope.scope)
)


@dataclass(frozen=True, kw_only=True)
class Target:
    """An interface as one client may use it."""

    identifier: str
    server_id: UUID  # the client that serves it
    organisation_id: UUID  # whose that is
    token_format: TokenFormat
    alg: str
    scopes: tuple[str, ...]


def targets(session: Session, client_id: UUID) -> dict[str, Target]:
    """Return the interfaces a client was approved for, by their addresses."""
    session.flush()  # the statement sees what the ORM has written, not what it still holds
    rows = _TARGETS.all(session, {"client": client_id})
    grouped = groupby(rows, key=attrgetter("identifier"))
    return {identifier: _target(list(same)) for identifier, same in grouped}


def _target(rows: Sequence[Row]) -> Target:
    return Target(
        identifier=rows[0].identifier,
        server_id=rows[0].client_id,
        organisation_id=rows[0].organisation_id,
        token_format=rows[0].token_format,
        alg=rows[0].alg,
        scopes=tuple(each.scope for each in rows),
    )


def add(
    session: Session,
    server: Client,
    identifier: str,
    *,
    name: Bilingual,
    token_format: TokenFormat = TokenFormat.OPAQUE,
    alg: str = ALGORITHMS[0],
    now: datetime,
) -> Resource:
    """Register an interface that `server` serves.

    Raises Refused `resource.not_an_agencys`, `resource.address_invalid`,
    `resource.name_missing`, `resource.already_exists`.
    """
    is_agency = server.organisation.kind is OrganisationKind.AGENCY
    if not is_agency or server.auth_method is AuthMethod.NONE:
        raise Refused("resource.not_an_agencys")
    if not _is_address(identifier):
        raise Refused("resource.address_invalid")
    words = Bilingual(name.zh.strip(), name.en.strip())
    if not all(each and len(each) <= LONGEST_NAME for each in words):
        raise Refused("resource.name_missing")
    values = {
        "id": new_id(),
        "identifier": identifier,
        "client_id": server.id,
        "name_zh": words.zh,
        "name_en": words.en,
        "token_format": token_format,
        "alg": alg,
        "added_at": now,
    }
    if not insert_once(session, Resource, values):
        raise Refused("resource.already_exists")
    return session.get_one(Resource, values["id"])


def _is_address(identifier: str) -> bool:
    """Say whether it is an absolute https address without fragment (RFC 8707 2)."""
    plain = identifier.isascii() and identifier.isprintable() and not set(identifier) & set(" #*\\")
    if not plain or len(identifier) > LONGEST:
        return False
    try:
        parts = urlsplit(identifier)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.netloc) and "@" not in parts.netloc


def get(session: Session, identifier: str) -> Resource:
    """Return an interface in use. Raises NotFound."""
    found = session.scalar(
        select(Resource).where(Resource.identifier == identifier, Resource.ended_at.is_(None))
    )
    if found is None:
        raise NotFound("resource.not_found")
    return found


def listed(session: Session) -> Sequence[tuple[Resource, str]]:
    """Return every interface with the client_id of who serves it."""
    rows = session.execute(
        select(Resource, Client.client_id)
        .join(Client, Client.id == Resource.client_id)
        .order_by(Resource.identifier)
    )
    return [(row.Resource, row.client_id) for row in rows]


def end(session: Session, identifier: str, *, now: datetime) -> UUID:
    """Make no more tokens for an interface, and return its id. Raises NotFound."""
    resource = get(session, identifier)
    session.execute(
        update(Resource)
        .where(Resource.id == resource.id, Resource.ended_at.is_(None))
        .values(ended_at=now)
    )
    return resource.id


def approve(
    session: Session, client: Client, identifier: str, scopes: Iterable[str], *, now: datetime
) -> None:
    """Let a client ask an interface for `scopes`; what was approved before stays.

    Raises NotFound, or Refused `resource.scope_invalid`.
    """
    resource = get(session, identifier)
    for scope in scopes:
        if not _SCOPE.fullmatch(scope):
            raise Refused("resource.scope_invalid")
        values = {"client_id": client.id, "resource_id": resource.id, "scope": scope}
        insert_once(session, ResourceScope, {**values, "approved_at": now})


def withdraw(session: Session, client: Client, identifier: str, scopes: Iterable[str]) -> None:
    """Let a client ask for `scopes` no more; its tokens are worth less at once. Raises NotFound."""
    resource = get(session, identifier)
    gone = session.execute(
        delete(ResourceScope).where(
            ResourceScope.client_id == client.id,
            ResourceScope.resource_id == resource.id,
            ResourceScope.scope.in_(list(scopes)),
        )
    )
    if not changed(gone):
        raise NotFound("resource.not_approved")
