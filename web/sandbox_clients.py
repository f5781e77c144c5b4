"""Let a developer make a test client: by the rules of every registration, and without a review.

There is nobody to ask: a client belongs to the browser that made it, and to whoever has its key.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from audit import trail
from clients import registration_tokens
from clients.grant_types import CIBA, DEVICE
from clients.models import (
    AuthMethod,
    Body,
    Client,
    Environment,
    Organisation,
    OrganisationKind,
    Profile,
)
from idp.registration import Registrar
from idp.signing import new_key
from kernel.errors import NotFound
from kernel.ids import digest, new_secret
from kernel.wording import Bilingual
from web.sandbox_models import SandboxClient

PROFILES = (Profile.BASIC, Profile.FAPI2)
LIFETIME = timedelta(minutes=5)  # of the token by which one client is registered
HOUSE = Bilingual("沙盒（測試用）", "Sandbox (for tests)")
KEY_ALGORITHM = "ES256"
WITHOUT_A_BROWSER = (DEVICE, CIBA)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a developer asks for; the addresses one a line."""

    name: str
    addresses: tuple[str, ...]
    profile: Profile


@dataclass(frozen=True, kw_only=True)
class Made:
    """What is shown once."""

    client_id: str
    key: str  # of its page and of /api/sandbox
    secret: str | None
    private_jwk: dict[str, Any] | None  # of a client that signs


def make(
    session: Session, registrar: Registrar, wanted: Wanted, *, browser: str, now: datetime
) -> Made:
    """Register the client. Raises ProtocolError as any registration does."""
    metadata, private_jwk = _metadata(wanted)
    token = registration_tokens.issue(
        session,
        _house(session, now=now),
        environment=Environment.SANDBOX,
        profile=wanted.profile,
        lifetime=LIFETIME,
        now=now,
    )
    body = json.dumps(metadata).encode()
    told = registrar.register(session, body, authorization=f"Bearer {token}", now=now)
    made = Made(
        client_id=told["client_id"],
        key=new_secret(),
        secret=told.get("client_secret"),
        private_jwk=private_jwk,
    )
    _keep(session, made, browser=browser, now=now)
    return made


def _metadata(wanted: Wanted) -> tuple[dict[str, Any], dict[str, Any] | None]:
    metadata: dict[str, Any] = {
        "client_name": wanted.name,
        "redirect_uris": list(wanted.addresses),
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": AuthMethod.BASIC.value,
    }
    if wanted.profile is Profile.BASIC:
        return metadata, None
    key = new_key(KEY_ALGORITHM)
    named = {"kid": key.thumbprint(), "alg": KEY_ALGORITHM, "use": "sig"}
    metadata["token_endpoint_auth_method"] = AuthMethod.PRIVATE_KEY_JWT.value
    metadata["jwks"] = {"keys": [{**key.as_dict(private=False), **named}]}
    return metadata, {**key.as_dict(private=True), **named}


def _house(session: Session, *, now: datetime) -> Organisation:
    """Return the organisation of every client made here."""
    found = session.scalar(
        select(Organisation)
        .join(Client, Client.organisation_id == Organisation.id)
        .join(SandboxClient, SandboxClient.client_id == Client.id)
        .limit(1)
    )
    return found or _new_house(session, now=now)


def _new_house(session: Session, *, now: datetime) -> Organisation:
    house = Organisation(
        kind=OrganisationKind.AGENCY,
        body=Body.DEPARTMENT,
        name_zh=HOUSE.zh,
        name_en=HOUSE.en,
        created_at=now,
    )
    session.add(house)
    session.flush()
    return house


def _keep(session: Session, made: Made, *, browser: str, now: datetime) -> None:
    row = session.scalars(select(Client).where(Client.client_id == made.client_id)).one()
    row.grant_types = [*row.grant_types, *WITHOUT_A_BROWSER]  # nobody registers these alone
    session.add(
        SandboxClient(
            client_id=row.id,
            key_hash=digest(made.key),
            browser_hash=digest(browser),
            made_at=now,
        )
    )
    session.flush()
    trail.record(session, "sandbox.client_made", actor=None, subject=row.id, now=now)


def of_browser(session: Session, browser: str) -> list[Client]:
    """Return the clients of this browser, the newest first."""
    mine = SandboxClient.browser_hash == digest(browser)
    statement = select(Client).join(SandboxClient, SandboxClient.client_id == Client.id)
    return list(session.scalars(statement.where(mine).order_by(Client.id.desc()).limit(50)))


def get(session: Session, client_id: str, *, browser: str) -> Client:
    """Return a client of this browser. Raises NotFound, also for everybody else's."""
    found = None
    if client_id.isascii() and client_id.isprintable():
        mine = SandboxClient.browser_hash == digest(browser)
        statement = select(Client).join(SandboxClient, SandboxClient.client_id == Client.id)
        found = session.scalar(statement.where(mine, Client.client_id == client_id))
    if found is None:
        raise NotFound("client.not_found")
    return found


def find_by_key(session: Session, key: str) -> UUID | None:
    """Return the client whose key this is."""
    return session.scalar(
        select(SandboxClient.client_id).where(SandboxClient.key_hash == digest(key))
    )


def move(session: Session, key: str, *, browser: str, now: datetime) -> str:
    """Let the client of this key belong to this browser; return its name. Raises NotFound."""
    found = find_by_key(session, key)
    if found is None:
        raise NotFound("client.not_found")
    session.execute(
        update(SandboxClient)
        .where(SandboxClient.client_id == found)
        .values(browser_hash=digest(browser))
    )
    trail.record(session, "sandbox.client_moved", actor=None, subject=found, now=now)
    return session.get_one(Client, found).client_id
