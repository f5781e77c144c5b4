"""Register organisations, clients, purposes and secrets, checking every address."""

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from clients.models import (
    AuthMethod,
    Client,
    ClientSecret,
    Organisation,
    OrganisationKind,
    Profile,
    Purpose,
    PurposeClaim,
    PurposeKind,
)
from kernel.errors import NotFound, Refused
from kernel.ids import digest, new_secret
from kernel.wording import Bilingual

OVERLAP = timedelta(hours=24)
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
CONTACT = re.compile(r"[^\s@<>\"]+@[A-Za-z0-9.-]+|https://[^\s@<>\"]+")


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ClaimForm(_Form):
    """A claim asked for, with its necessity."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")
    required: bool = False
    necessity: Bilingual


class PurposeForm(_Form):
    """A purpose as submitted for registration; every text is shown to members."""

    code: str = Field(pattern=r"^[a-z][a-z0-9-]{0,62}$")
    kind: PurposeKind = PurposeKind.SERVICE
    name: Bilingual
    text: Bilingual
    retention: Bilingual
    legal_basis: Bilingual
    refusal_effect: Bilingual
    max_days: int = Field(default=365, ge=1, le=3650)
    claims: tuple[ClaimForm, ...] = ()


class ClientForm(_Form):
    """A client as submitted for registration. The first purpose is the default one."""

    client_id: str = Field(pattern=r"^[A-Za-z0-9._~-]{3,128}$")
    kind: OrganisationKind
    organisation: Bilingual
    name: Bilingual
    home_uri: str
    contact: str | None = Field(default=None, max_length=320)
    notice_uri: str | None = Field(default=None, max_length=2000)
    profile: Profile = Profile.BASIC
    auth_method: AuthMethod = AuthMethod.BASIC
    jwks: dict[str, Any] | None = None
    sector: str = Field(min_length=1, max_length=255)
    redirect_uris: tuple[str, ...] = Field(min_length=1)
    post_logout_redirect_uris: tuple[str, ...] = ()
    grant_types: tuple[str, ...] = ("authorization_code", "refresh_token")
    id_token_alg: str = Field(default="ES256", pattern="^(ES256|RS256)$")
    resource_server: bool = False
    purposes: tuple[PurposeForm, ...] = Field(min_length=1)  # AT1(b): no client without a purpose

    @field_validator("redirect_uris", "post_logout_redirect_uris")
    @classmethod
    def _addresses_are_safe(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        for value in values:
            _require_address(value)
        return values

    @field_validator("contact")
    @classmethod
    def _contact_can_be_reached(cls, value: str | None) -> str | None:
        if value is not None and not CONTACT.fullmatch(value):
            raise ValueError(f"{value}: must be an e-mail address or an https address")
        return value

    @field_validator("notice_uri")
    @classmethod
    def _notices_go_over_http(cls, value: str | None) -> str | None:
        if value is not None:
            _require_address(value)
            if urlsplit(value).scheme not in {"https", "http"}:
                raise ValueError(f"{value}: notices go to https, or http on loopback")
        return value

    @model_validator(mode="after")
    def _keys_fit_the_method(self) -> "ClientForm":
        if (self.auth_method is AuthMethod.PRIVATE_KEY_JWT) != (self.jwks is not None):
            raise ValueError("jwks goes with private_key_jwt, and private_key_jwt needs jwks")
        return self


def _require_address(value: str) -> None:
    parts = urlsplit(value)
    if parts.fragment or "#" in value or "*" in value or any(c.isspace() for c in value):
        raise ValueError(f"{value}: no fragment, wildcard or space is allowed")
    if not value.isascii() or "\\" in value:
        raise ValueError(f"{value}: only plain ASCII URLs are allowed")
    if parts.scheme == "https" and parts.netloc and "@" not in parts.netloc:
        return
    if parts.scheme == "http" and (parts.hostname or "") in LOOPBACK:
        return
    if "." in parts.scheme and not parts.netloc:  # RFC 8252 7.1: an app's reversed domain name
        return
    raise ValueError(f"{value}: must be https, http on loopback, or an app's own scheme")


def parse(form: dict[str, Any]) -> ClientForm:
    """Read a registration. Raises Refused `client.form_invalid` naming nothing but the code."""
    try:
        return ClientForm.model_validate(form)
    except ValidationError as invalid:
        raise Refused("client.form_invalid") from invalid


def add(
    session: Session, form: ClientForm, *, now: datetime, secret: str | None = None
) -> str | None:
    """Register a client and return its secret, shown this once; None if it has no secret.

    `secret` fixes it beforehand, for the demonstration. Raises Refused `client.already_exists`.
    """
    if session.scalar(select(Client.id).where(Client.client_id == form.client_id)) is not None:
        raise Refused("client.already_exists")
    organisation = Organisation(
        kind=form.kind, name_zh=form.organisation.zh, name_en=form.organisation.en, created_at=now
    )
    client = Client(
        client_id=form.client_id,
        organisation=organisation,
        name_zh=form.name.zh,
        name_en=form.name.en,
        home_uri=form.home_uri,
        contact=form.contact,
        notice_uri=form.notice_uri,
        profile=form.profile,
        auth_method=form.auth_method,
        jwks=form.jwks,
        sector=form.sector,
        redirect_uris=list(form.redirect_uris),
        post_logout_redirect_uris=list(form.post_logout_redirect_uris),
        grant_types=list(form.grant_types),
        id_token_alg=form.id_token_alg,
        resource_server=form.resource_server,
        created_at=now,
        purposes=[
            _purpose(each, is_default=index == 0) for index, each in enumerate(form.purposes)
        ],
    )
    session.add(client)
    session.flush()
    if not _has_secret(client):
        return None
    return _keep_secret(session, client, secret or new_secret(), now=now)


def _purpose(form: PurposeForm, *, is_default: bool) -> Purpose:
    return Purpose(
        code=form.code,
        kind=form.kind,
        is_default=is_default,
        name_zh=form.name.zh,
        name_en=form.name.en,
        text_zh=form.text.zh,
        text_en=form.text.en,
        retention_zh=form.retention.zh,
        retention_en=form.retention.en,
        legal_basis_zh=form.legal_basis.zh,
        legal_basis_en=form.legal_basis.en,
        refusal_effect_zh=form.refusal_effect.zh,
        refusal_effect_en=form.refusal_effect.en,
        max_days=form.max_days,
        claims=[
            PurposeClaim(
                claim=claim.name,
                required=claim.required,
                necessity_zh=claim.necessity.zh,
                necessity_en=claim.necessity.en,
            )
            for claim in form.claims
        ],
    )


def rotate_secret(session: Session, client_id: str, *, now: datetime) -> str:
    """Return a new secret; the old ones stay valid for 24 hours so that nobody is locked out.

    Raises NotFound, or Refused `client.no_secret` for clients that prove themselves otherwise.
    """
    client = get(session, client_id)
    if not _has_secret(client):
        raise Refused("client.no_secret")
    session.execute(
        update(ClientSecret)
        .where(ClientSecret.client_id == client.id, ClientSecret.expires_at.is_(None))
        .values(expires_at=now + OVERLAP)
    )
    return _keep_secret(session, client, new_secret(), now=now)


def get(session: Session, client_id: str) -> Client:
    """Return the client row. Raises NotFound."""
    client = session.scalar(select(Client).where(Client.client_id == client_id))
    if client is None:
        raise NotFound("client.not_found")
    return client


def _has_secret(client: Client) -> bool:
    return client.auth_method in {AuthMethod.BASIC, AuthMethod.POST}


def _keep_secret(session: Session, client: Client, secret: str, *, now: datetime) -> str:
    session.add(ClientSecret(client_id=client.id, secret_hash=digest(secret), created_at=now))
    session.flush()
    return secret
