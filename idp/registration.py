"""Let clients register themselves, read, change and end what is registered (RFC 7591, RFC 7592).

Behind an initial access token there is an organisation and a place: the sandbox, where a client
works at once and learns nothing of people, or the public, where it waits until DoIT has admitted it
(docs/decisions/0065, 0066). Every call to a client's own site is made before anything is written.
"""

import hmac
import json
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError
from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session

from audit import trail
from clients import logos, purposes, registration_tokens, registry, response_types
from clients.fetching import Call, fetched
from clients.forms import ClientMetadata
from clients.models import (
    Client,
    Environment,
    FetchedKeys,
    Organisation,
    Review,
)
from idp import client_endings, client_metadata, software_statements
from idp.client_metadata import invalid
from idp.errors import NothingSent, ProtocolError
from idp.software_statements import Issuers
from idp.storable import is_storable
from kernel.db import Json
from kernel.errors import Refused
from kernel.ids import digest, new_id, new_secret
from kernel.prebuilt import Prebuilt, Row

BEARER = "bearer"
REVIEWS = {Environment.SANDBOX: Review.SANDBOX, Environment.PRODUCTION: Review.WAITING}
_HOLDER = Prebuilt(
    select(
        Client.id,
        Client.registration_hash,
        Client.profile,
        Client.sector,
        Client.review,
        Client.grant_types,
        Client.software_statement,
    ).where(Client.client_id == bindparam("client_id"), Client.disabled_at.is_(None))
)


@dataclass(frozen=True)
class Registrar:
    """What registering needs to know of this deployment."""

    issuer: str
    call: Call
    synthetic: bool  # no member of this deployment is a person
    hybrid: bool = False  # tokens may come through the browser
    prefix: str = ""  # of the names given out: a sandbox's say so (`clients.directory`)
    software_issuers: Issuers = field(default_factory=dict)  # whose statements count

    def register(
        self, session: Session, body: bytes, *, authorization: str | None, now: datetime
    ) -> Json:
        """Register a client and return what is registered, its secrets once.

        Raises ProtocolError `invalid_token`, `invalid_redirect_uri`, `invalid_client_metadata`.
        """
        token = registration_tokens.find(session, sent_token(authorization), now=now)
        if token is None:
            raise unknown_token()
        metadata = self._read(body, None, now=now)
        client_id = f"{self.prefix}{new_id().hex}"
        picture = logos.fetched_picture(self.call, metadata.get("logo_uri"))
        sector = self._sector(metadata, client_id, token.environment)
        organisation = session.get_one(Organisation, token.organisation_id)
        asked = self._purposes(metadata, organisation, token.environment)
        raw = client_metadata.form_of(
            metadata, client_id=client_id, profile=token.profile, sector=sector, purposes=asked
        )
        form = _settled(raw, organisation)
        _spend(session, token, now=now)
        review = REVIEWS[token.environment]
        client = registry.enter(session, form, organisation, review=review, now=now)
        key = new_secret()
        client.registration_hash, client.logo = digest(key), logos.keep(session, picture)
        client.software_statement = metadata.get("software_statement")
        session.flush()
        trail.record(session, "client.registered", actor=None, subject=client.id, now=now)
        return {**self._told(client, key), **_secret_of(session, client, now=now)}

    def read(self, session: Session, client_id: str, *, authorization: str | None) -> Json:
        """Return what is registered (RFC 7592 2.1). Raises ProtocolError `invalid_token`."""
        key = sent_token(authorization)
        holder = _require_holder(session, client_id, key)
        return self._told(session.get_one(Client, holder.id), key)

    def change(
        self,
        session: Session,
        client_id: str,
        body: bytes,
        *,
        authorization: str | None,
        now: datetime,
    ) -> Json:
        """Let the new metadata take the place of the old (RFC 7592 2.2); purposes stay.

        What DoIT reviews may be narrowed and its keys changed, but not widened.
        """
        key = sent_token(authorization)
        holder = _require_holder(session, client_id, key)
        given = tuple(holder.grant_types)
        metadata = self._read(body, holder.software_statement, given=given, now=now)
        if metadata.get("client_id") != client_id:
            raise invalid("client_id: it must be the one of the address")
        place = _place_of(holder)
        picture = logos.fetched_picture(self.call, metadata.get("logo_uri"))
        sector = self._sector(metadata, client_id, place)
        client = session.get_one(Client, holder.id)  # a transaction begins
        raw = client_metadata.form_of(
            metadata,
            client_id=client_id,
            profile=holder.profile,
            sector=sector,
            purposes=[purposes.form_of(each) for each in client.purposes],
            given=given,
        )
        form = _settled(raw, client.organisation)
        _require_as_reviewed(form, client)
        registry.write(client, form)
        client.software_statement = metadata.get("software_statement")
        client.logo = logos.keep(session, picture)
        session.execute(delete(FetchedKeys).where(FetchedKeys.client_id == client.id))
        session.flush()
        trail.record(session, "client.changed", actor=None, subject=client.id, now=now)
        return self._told(client, key)

    def end(
        self, session: Session, client_id: str, *, authorization: str | None, now: datetime
    ) -> None:
        """End the client and everything issued to it (RFC 7592 2.3)."""
        holder = _require_holder(session, client_id, sent_token(authorization))
        if not client_endings.end(session, holder.id, now=now):  # ended at this moment
            raise unknown_token()
        trail.record(session, "client.ended", actor=None, subject=holder.id, now=now)

    def new_secret(
        self, session: Session, client_id: str, *, authorization: str | None, now: datetime
    ) -> Json:
        """Return a new secret; the old one works for a day more. Raises ProtocolError."""
        holder = _require_holder(session, client_id, sent_token(authorization))
        try:
            secret = registry.rotate_secret(session, client_id, now=now)
        except Refused:
            raise invalid("this client has no secret", error="invalid_request") from None
        trail.record(session, "client.secret_rotated", actor=None, subject=holder.id, now=now)
        return {"client_id": client_id, "client_secret": secret, "client_secret_expires_at": 0}

    def _read(
        self, body: bytes, statement: str | None, *, given: Collection[str] = (), now: datetime
    ) -> Json:
        """Return what a body says, as its statement has it; the one kept comes first."""
        metadata = read(body, partial(self._believe, statement, now=now), given=given)
        served = response_types.served(hybrid=self.hybrid)
        if not set(client_metadata.known_types(metadata)) <= set(served):
            raise invalid("response_types: not offered")
        return metadata

    def _told(self, client: Client, key: str) -> Json:
        return {
            **client_metadata.told(client),
            "registration_access_token": key,
            "registration_client_uri": f"{self.issuer}/register/{client.client_id}",
        }

    def _believe(self, kept: str | None, metadata: Json, *, now: datetime) -> Json:
        """Return metadata as a statement would have them: the one kept, else the one sent."""
        if kept is None:
            return software_statements.settled(self.software_issuers, metadata, now=now)
        claims = software_statements.claims_of(software_statements.said(kept))
        return {**metadata, **claims, "software_statement": kept}

    def _sector(self, metadata: Json, client_id: str, environment: Environment) -> str:
        """Return the client's sector, checked on the site it names (OIDC Registration 5)."""
        redirects = metadata.get("redirect_uris")
        uri = metadata.get("sector_identifier_uri")
        if uri is None:
            return client_metadata.sector_of(redirects, client_id, environment)
        listed = self._listed_at(uri)
        if not isinstance(redirects, list) or not all(each in listed for each in redirects):
            raise invalid("sector_identifier_uri: it does not list every redirect_uri")
        return client_metadata.placed(urlsplit(uri).hostname or "", environment)

    def _listed_at(self, uri: object) -> list[Any]:
        try:
            listed = json.loads((fetched(self.call, uri) if isinstance(uri, str) else None) or b"")
        except (ValueError, RecursionError):
            listed = None
        if not isinstance(listed, list):
            raise invalid("sector_identifier_uri: no list can be fetched there")
        return listed

    def _purposes(
        self, metadata: Json, organisation: Organisation, environment: Environment
    ) -> object:
        """Return the purposes as the client describes them; in the sandbox there is one."""
        if environment is Environment.PRODUCTION:
            return metadata.get("purposes", [])
        return client_metadata.trial_purposes(
            metadata.get("scope"), synthetic=self.synthetic, kind=organisation.kind
        )


def read(body: bytes, believe: Callable[[Json], Json], *, given: Collection[str] = ()) -> Json:
    """Return the JSON object in a body, if we can keep it and do what it says.

    `believe` returns it as it is with a software statement. Raises ProtocolError
    `invalid_client_metadata`, or what is wrong with the statement.
    """
    try:
        metadata = json.loads(body)
    except (ValueError, RecursionError):
        raise invalid("the body is not JSON") from None
    if not isinstance(metadata, dict):
        raise invalid("the body is not a JSON object")
    metadata = believe(metadata)
    if not is_storable(metadata):
        raise invalid("the body is not JSON that can be kept")
    client_metadata.require_possible(metadata, given=given)
    return metadata


def sent_token(authorization: str | None) -> str:
    """Return the bearer token of a request. Raises ProtocolError `invalid_token` (401)."""
    word, _, token = (authorization or "").partition(" ")
    if word.lower() != BEARER:
        raise NothingSent("no token was sent")
    if not token.strip():
        raise unknown_token()
    return token.strip()


def unknown_token() -> ProtocolError:
    """Return the refusal of a token that is none of ours."""
    return ProtocolError("invalid_token", "this token opens nothing here", status=401)


def _require_holder(session: Session, client_id: str, key: str) -> Row:
    """Return the client whose registration the token is for; others look like none."""
    sound = client_id.isascii() and client_id.isprintable()
    holder = _HOLDER.one_or_none(session, {"client_id": client_id}) if sound else None
    kept = b"" if holder is None or holder.registration_hash is None else holder.registration_hash
    if not hmac.compare_digest(kept, digest(key)):
        raise unknown_token()
    return holder


def _place_of(holder: Row) -> Environment:
    return Environment.SANDBOX if holder.review is Review.SANDBOX else Environment.PRODUCTION


def _settled(raw: Json, organisation: Organisation) -> ClientMetadata:
    try:
        form = ClientMetadata.model_validate(raw)
        kind, body = organisation.kind, organisation.body
        settled = [purposes.settled(each, kind=kind, body=body) for each in form.purposes]
    except ValidationError as mistakes:
        raise client_metadata.refusal_of(mistakes) from None
    except Refused as refused:
        raise invalid(f"purposes: {refused.code}") from None
    return form.model_copy(update={"purposes": tuple(settled)})


def _spend(session: Session, token: Row, *, now: datetime) -> None:
    try:
        registration_tokens.spend(session, token.id, now=now)
    except Refused:
        raise unknown_token() from None


def _require_as_reviewed(form: ClientMetadata, client: Client) -> None:
    """Refuse what DoIT has not seen, or might not see any more: it may be looking just now."""
    if form.auth_method is not client.auth_method:
        raise invalid("token_endpoint_auth_method: it cannot change; register another client")
    widened = client_metadata.same_but(form, client)
    if client.review is not Review.SANDBOX and widened:
        names = ", ".join(widened)
        raise invalid(f"{names}: DoIT reviews the client with other values; register it anew")


def _secret_of(session: Session, client: Client, *, now: datetime) -> Json:
    if not registry.has_secret(client):
        return {}
    secret = registry.keep_secret(session, client, new_secret(), now=now)
    return {"client_secret": secret, "client_secret_expires_at": 0}
