"""Tables of organisations, clients and what each may ask for which purpose."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from kernel.db import Base, Key, unique_while


class OrganisationKind(StrEnum):
    """Agencies of the city, and merchants under contract with it (regulation 2(1), 2(8)4)."""

    AGENCY = "agency"
    MERCHANT = "merchant"


class Body(StrEnum):
    """What an organisation is before the law: it decides which bases it may claim (2(1))."""

    DEPARTMENT = "department"
    INSTITUTION = "institution"
    SCHOOL = "school"
    CORPORATION = "corporation"
    MERCHANT = "merchant"


class Profile(StrEnum):
    """Which specification a client follows where two contradict each other (clients.profiles).

    `core` is OpenID Connect Core as libraries older than PKCE speak it, for clients with a secret
    or a key; `hybrid` adds its response types that bring tokens through the browser; `basic` is
    the security practice of today; `fapi2` is FAPI 2.0, and `fapi2-signed` adds its Message
    Signing; `fapi-ciba` is the one for who asks without a browser.
    """

    CORE = "core"
    HYBRID = "hybrid"
    BASIC = "basic"
    FAPI2 = "fapi2"
    FAPI2_SIGNED = "fapi2-signed"
    FAPI_CIBA = "fapi-ciba"


class AuthMethod(StrEnum):
    """How a client proves itself at the token endpoint (OIDC Core 9; RFC 8705 2)."""

    BASIC = "client_secret_basic"
    POST = "client_secret_post"
    PRIVATE_KEY_JWT = "private_key_jwt"
    NONE = "none"
    TLS = "tls_client_auth"  # RFC 8705 2
    SELF_SIGNED_TLS = "self_signed_tls_client_auth"


class Review(StrEnum):
    """How far a client that registered itself has come; operators' clients begin approved.

    Of a client that waits, or was turned down, nothing is served (clients.review).
    """

    SANDBOX = "sandbox"
    WAITING = "waiting"
    APPROVED = "approved"
    TURNED_DOWN = "turned_down"


class Environment(StrEnum):
    """Where a registration token lets clients in: to try things, or to serve the public."""

    SANDBOX = "sandbox"
    PRODUCTION = "production"


class PurposeKind(StrEnum):
    """A purpose is one service of an agency or one offer of a merchant."""

    SERVICE = "service"
    OFFER = "offer"


class VersionState(StrEnum):
    """How far a change to a purpose has come; only DoIT decides the last two."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    RETURNED = "returned"


class Organisation(Base):
    """An agency or a merchant, under today's name; it ends on a day, and may have a successor.

    Its names of other days are `clients.organisations.name_at`'s.
    """

    __tablename__ = "organisation"
    __table_args__ = (
        CheckConstraint("parent_id <> id", name="parent"),
        CheckConstraint("successor_id <> id", name="successor"),
        CheckConstraint("successor_id IS NULL OR ends_on IS NOT NULL", name="ends"),
    )

    id: Mapped[Key]
    kind: Mapped[OrganisationKind]
    body: Mapped[Body]
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    ends_on: Mapped[date | None]  # the first day on which it is no more
    successor_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    ended_at: Mapped[datetime | None]  # when its services went to the successor

    contracts: Mapped[list["Contract"]] = relationship(order_by="Contract.starts_on")


class Contract(Base):
    """A merchant's contract with the city; its days are days in Taipei, both included (2(8)4)."""

    __tablename__ = "contract"
    __table_args__ = (CheckConstraint("starts_on <= ends_on", name="days"),)

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(String(64), unique=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    business_number: Mapped[str] = mapped_column(String(8))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    recorded_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]  # when the grants that rested on it were ended


class Client(Base):
    """A registered relying party of an organisation.

    `sector` is registered, never guessed from a redirect URI: clients that share it share
    their pairwise subjects (OIDC Core 8.1).
    """

    __tablename__ = "client"

    id: Mapped[Key]
    client_id: Mapped[str] = mapped_column(String(128), unique=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    home_uri: Mapped[str] = mapped_column(String(2000))
    contact: Mapped[str | None] = mapped_column(String(320))  # where members ask for deletion
    notice_uri: Mapped[str | None] = mapped_column(String(2000))  # where ended consents are told
    ping_uri: Mapped[str | None] = mapped_column(String(2000))  # told that a member has answered
    profile: Mapped[Profile] = mapped_column(default=Profile.BASIC)
    auth_method: Mapped[AuthMethod]
    jwks: Mapped[dict[str, Any] | None]
    jwks_uri: Mapped[str | None] = mapped_column(String(2000))  # instead of jwks
    certificate: Mapped[dict[str, Any] | None]  # its name on one (clients.certificate_names)
    certificate_bound: Mapped[bool] = mapped_column(default=False)  # its tokens (RFC 8705 3.4)
    sector: Mapped[str] = mapped_column(String(255))
    sector_identifier_uri: Mapped[str | None] = mapped_column(String(2000))
    redirect_uris: Mapped[list[str]]
    post_logout_redirect_uris: Mapped[list[str]]
    backchannel_logout_uri: Mapped[str | None] = mapped_column(String(2000))  # our worker calls it
    frontchannel_logout_uri: Mapped[str | None] = mapped_column(String(2000))  # browsers load it
    # It knows sessions by `sid`, and can do nothing with a logout without one.
    backchannel_logout_session_required: Mapped[bool] = mapped_column(default=False)
    frontchannel_logout_session_required: Mapped[bool] = mapped_column(default=False)
    grant_types: Mapped[list[str]]
    response_types: Mapped[list[str]] = mapped_column(default=lambda: ["code"])
    id_token_alg: Mapped[str] = mapped_column(String(8), default="ES256")
    userinfo_alg: Mapped[str | None] = mapped_column(String(8))  # None: userinfo is plain JSON
    id_token_encryption: Mapped[dict[str, Any] | None]  # (clients.encryption)
    userinfo_encryption: Mapped[dict[str, Any] | None]
    request_uris: Mapped[list[str] | None]
    request_object_alg: Mapped[str | None] = mapped_column(String(8))
    resource_server: Mapped[bool] = mapped_column(default=False)
    logo_uri: Mapped[str | None] = mapped_column(String(2000))
    logo: Mapped[str | None] = mapped_column(String(64))  # SHA-256 of what stood there, hex
    policy_uri: Mapped[str | None] = mapped_column(String(2000))
    tos_uri: Mapped[str | None] = mapped_column(String(2000))
    initiate_login_uri: Mapped[str | None] = mapped_column(String(2000))
    software_id: Mapped[str | None] = mapped_column(String(128))
    software_version: Mapped[str | None] = mapped_column(String(64))
    software_statement: Mapped[str | None] = mapped_column(Text)  # as it was believed (RFC 7591)
    review: Mapped[Review] = mapped_column(
        default=Review.APPROVED, server_default=Review.APPROVED.value
    )
    review_reason: Mapped[str | None] = mapped_column(String(500))  # why it was turned down
    registration_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32))  # RFC 7592
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship()
    secrets: Mapped[list["ClientSecret"]] = relationship(order_by="ClientSecret.created_at")
    purposes: Mapped[list["Purpose"]] = relationship(order_by="Purpose.code")


class ClientSecret(Base):
    """A client's secret, hashed; an old one may overlap with its successor until it expires."""

    __tablename__ = "client_secret"

    id: Mapped[Key]
    client_id: Mapped[UUID] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]


class Purpose(Base):
    """Why a client asks: the text a member reads before deciding (PDPA 8; regulation 10(3))."""

    __tablename__ = "purpose"
    __table_args__ = (
        UniqueConstraint("client_id", "code"),
        unique_while("is_default", "client_id"),
        CheckConstraint("max_days > 0", name="max_days"),
    )

    id: Mapped[Key]
    client_id: Mapped[UUID] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(64))
    kind: Mapped[PurposeKind]
    is_default: Mapped[bool] = mapped_column(default=False)
    text_version: Mapped[int] = mapped_column(default=1)  # raised by every widening
    terms_version: Mapped[int] = mapped_column(default=1)  # the last that told the purpose anew
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    text_zh: Mapped[str]
    text_en: Mapped[str]
    retention_zh: Mapped[str]
    retention_en: Mapped[str]
    retention_days: Mapped[int | None]  # the same in days, where it can be said so
    basis: Mapped[str] = mapped_column(String(32))  # a code of clients.bases
    legal_basis_zh: Mapped[str]
    legal_basis_en: Mapped[str]
    refusal_effect_zh: Mapped[str]
    refusal_effect_en: Mapped[str]
    max_days: Mapped[int] = mapped_column(default=365)
    least_acr: Mapped[str | None] = mapped_column(String(64))  # the weakest login that will do
    login_seconds: Mapped[int | None]  # how old that login may be

    claims: Mapped[list["PurposeClaim"]] = relationship(
        order_by="PurposeClaim.claim", cascade="all, delete-orphan"
    )


class PurposeClaim(Base):
    """One claim approved for one purpose, and why it is needed (PDPA 5)."""

    __tablename__ = "purpose_claim"

    purpose_id: Mapped[UUID] = mapped_column(
        ForeignKey("purpose.id", ondelete="CASCADE"), primary_key=True
    )
    claim: Mapped[str] = mapped_column(String(64), primary_key=True)
    required: Mapped[bool]
    since_version: Mapped[int] = mapped_column(default=1)  # the text version it was widened in
    approved_at: Mapped[datetime]
    necessity_zh: Mapped[str]
    necessity_en: Mapped[str]


class PurposeVersion(Base):
    """One wording of a purpose, from the draft to DoIT's decision; approved ones are its history.

    `text_version` is what an approved wording counts as: several share a number when the later
    ones only narrowed it.
    """

    __tablename__ = "purpose_version"
    __table_args__ = (
        unique_while("state IN ('draft', 'submitted')", "client_id", "code"),
        Index(None, "purpose_id", "text_version"),
        CheckConstraint("(state = 'approved') = (text_version IS NOT NULL)", name="text_version"),
        CheckConstraint("decided_by <> drafted_by", name="two_persons"),
    )

    id: Mapped[Key]
    client_id: Mapped[UUID] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"))
    purpose_id: Mapped[UUID | None] = mapped_column(ForeignKey("purpose.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(64))
    content: Mapped[dict[str, Any]]  # the form as submitted
    state: Mapped[VersionState]
    text_version: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(String(500))  # why it was returned
    drafted_by: Mapped[UUID | None]  # None from the command line
    drafted_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]


class SpentAssertion(Base):
    """A client assertion already used: its `jti` must not be accepted again (RFC 7523 3)."""

    __tablename__ = "spent_assertion"
    __table_args__ = (Index(None, "expires_at"),)

    client_id: Mapped[UUID] = mapped_column(primary_key=True)
    jti_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    expires_at: Mapped[datetime]


class Terminal(Base):
    """A reader at an agency's desk; it asks about cards under its own number (6(1), 6(2))."""

    __tablename__ = "terminal"

    id: Mapped[Key]
    client_id: Mapped[UUID] = mapped_column(ForeignKey("client.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(64))  # where it stands
    added_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class FetchedKeys(Base):
    """The keys a client publishes at its `jwks_uri`, and when we last went to look."""

    __tablename__ = "fetched_keys"

    client_id: Mapped[UUID] = mapped_column(
        ForeignKey("client.id", ondelete="CASCADE"), primary_key=True
    )
    uri: Mapped[str] = mapped_column(String(2000))  # where they were looked for
    tried_at: Mapped[datetime]
    fetched_at: Mapped[datetime | None]
    document: Mapped[dict[str, Any] | None]


class RegistrationToken(Base):
    """What lets an organisation's developers register clients themselves (RFC 7591 3)."""

    __tablename__ = "registration_token"
    __table_args__ = (CheckConstraint("uses <= most_uses", name="uses"),)

    id: Mapped[Key]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    environment: Mapped[Environment]
    profile: Mapped[Profile] = mapped_column(default=Profile.BASIC)  # that its clients get
    most_uses: Mapped[int]
    uses: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Logo(Base):
    """A client's picture as it was fetched; shown from here, so that nobody else sees who looks."""

    __tablename__ = "logo"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)  # SHA-256, hex
    media_type: Mapped[str] = mapped_column(String(32))
    content: Mapped[bytes]
