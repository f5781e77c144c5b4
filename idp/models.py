"""Tables of the protocol: keys, interactions, grants, tokens, subjects."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key, unique_while


class KeyState(StrEnum):
    """Published before use, in use, and kept while signatures made with it may be checked."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRING = "retiring"


class TokenKind(StrEnum):
    """What a token is good for."""

    ACCESS = "access"
    REFRESH = "refresh"


class Way(StrEnum):
    """How a request waits for a member who is at another device."""

    DEVICE = "device"
    CIBA = "ciba"


class GrantEnd(StrEnum):
    """Why a grant ended; with it ends everything issued under it."""

    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    LOGGED_OUT = "logged_out"
    CODE_REPLAYED = "code_replayed"
    REFRESH_REUSED = "refresh_reused"
    REVOKED = "revoked"
    STANDING = "standing"
    CONTRACT_ENDED = "contract_ended"


class SigningKey(Base):
    """A key of the provider; `kid` is its RFC 7638 thumbprint, the private part is sealed."""

    __tablename__ = "signing_key"
    __table_args__ = (unique_while("state <> 'retiring'", "alg", "state"),)

    kid: Mapped[str] = mapped_column(String(43), primary_key=True)
    alg: Mapped[str] = mapped_column(String(8))
    state: Mapped[KeyState]
    public_jwk: Mapped[dict[str, Any]]
    private_sealed: Mapped[bytes | None]  # none: it stays in the token
    created_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]
    retires_at: Mapped[datetime | None]


class PublishedKey(Base):
    """Every public key we ever signed with, so that an old receipt can still be verified.

    When it was believed is written here as it is rotated away or withdrawn: an incident asks later.
    """

    __tablename__ = "published_key"

    kid: Mapped[str] = mapped_column(String(43), primary_key=True)
    alg: Mapped[str] = mapped_column(String(8))
    public_jwk: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]
    retires_at: Mapped[datetime | None]


class Interaction(Base):
    """One authorization request waiting for its member; it survives tabs and the back button.

    Bound to the browser that brought it: another browser with the address gets nothing.
    """

    __tablename__ = "interaction"
    __table_args__ = (Index(None, "expires_at"),)

    id: Mapped[Key]
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    client_id: Mapped[str] = mapped_column(String(128))
    parameters: Mapped[dict[str, Any]]
    started_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    authenticated_at: Mapped[datetime | None]
    account_chosen_at: Mapped[datetime | None]
    consented_at: Mapped[datetime | None]
    disclosed_at: Mapped[datetime | None]  # a merchant's second page was answered or passed over
    marketed_at: Mapped[datetime | None]  # its question about marketing was
    finished_at: Mapped[datetime | None]
    awaited_id: Mapped[UUID | None]  # what it answers, if that waits at another device


class AwaitedRequest(Base):
    """A request that waits for a member who is at another device (RFC 8628; CIBA).

    `handle_hash` is of what its client holds; the grant the member agreed to has it as its code.
    """

    __tablename__ = "awaited_request"
    __table_args__ = (
        Index(None, "expires_at"),
        Index(None, "member_id"),
        CheckConstraint("(answered_at IS NULL) = (approved IS NULL)", name="answered"),
    )

    id: Mapped[Key]
    way: Mapped[Way]
    client_id: Mapped[UUID]
    parameters: Mapped[dict[str, Any]]
    handle_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    typed_hash: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    place: Mapped[str] = mapped_column(String(64))  # where the device stands, as registered
    number: Mapped[str | None] = mapped_column(String(2))  # shown there, typed by the member
    message: Mapped[str | None] = mapped_column(String(40))  # the client's words, shown on both
    ping_sealed: Mapped[bytes | None]  # what a ping brings to the client
    interval_seconds: Mapped[int]
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    polled_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    approved: Mapped[bool | None]


class PushedRequest(Base):
    """A request its client brought from server to server, waiting for the browser (RFC 9126)."""

    __tablename__ = "pushed_request"
    __table_args__ = (Index(None, "expires_at"),)

    reference_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    client_id: Mapped[UUID]
    parameters: Mapped[dict[str, Any]]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]  # when it was answered with a code


class Grant(Base):
    """What was issued on the strength of a consent: the root of its code and all tokens.

    No foreign key to client and purpose: every sign-in would share-lock the client's row.
    """

    __tablename__ = "authorization_grant"
    __table_args__ = (
        Index(None, "member_id", "purpose_id"),
        Index(None, "session_id"),
        Index(None, "code_expires_at"),
    )

    id: Mapped[Key]
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    client_id: Mapped[UUID]
    purpose_id: Mapped[UUID]
    session_id: Mapped[UUID | None]
    sub: Mapped[str] = mapped_column(String(64))
    acr: Mapped[str] = mapped_column(String(64))
    amr: Mapped[list[str]]
    authenticated_at: Mapped[datetime]
    created_at: Mapped[datetime]
    request: Mapped[dict[str, Any]]  # the validated parameters the tokens rest on
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    code_expires_at: Mapped[datetime]
    code_used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[GrantEnd | None]
    signed_out_at: Mapped[datetime | None]  # the sign-in itself was over, and its client told


class Token(Base):
    """An access or refresh token of a grant, stored as SHA-256; opaque to everyone else."""

    __tablename__ = "token"
    __table_args__ = (Index(None, "expires_at"),)

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    grant_id: Mapped[UUID] = mapped_column(
        ForeignKey("authorization_grant.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[TokenKind]
    scope: Mapped[str] = mapped_column(String(1000))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    confirmation: Mapped[str | None] = mapped_column(String(64))  # the key it is held to
    audience: Mapped[str | None] = mapped_column(String(255))  # the only interface it is for
    # Some of what was agreed to; None for all.
    details: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    used_at: Mapped[datetime | None]  # a refresh token's first use
    revoked_at: Mapped[datetime | None]


class ClientToken(Base):
    """An access token for one interface: of a client that acts for itself, or for a member.

    One for a member was exchanged for another, whose grant it rests on and ends with.
    """

    __tablename__ = "client_token"
    __table_args__ = (Index(None, "expires_at"),)

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    client_id: Mapped[UUID]
    audience: Mapped[str] = mapped_column(String(255))
    scope: Mapped[str] = mapped_column(String(1000))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    confirmation: Mapped[str | None] = mapped_column(String(64))
    revoked_at: Mapped[datetime | None]
    grant_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("authorization_grant.id", ondelete="CASCADE"), index=True
    )
    purpose_id: Mapped[UUID | None]  # of the service it is for
    sub: Mapped[str | None] = mapped_column(String(64))  # as that service knows the member
    acr: Mapped[str | None] = mapped_column(String(64))


class SpentProof(Base):
    """A DPoP proof already seen: it must not be accepted again (RFC 9449 11.1)."""

    __tablename__ = "spent_proof"
    __table_args__ = (Index(None, "expires_at"),)

    proof_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    expires_at: Mapped[datetime]


class Subject(Base):
    """Which member a pairwise `sub` stands for, by sector: the reverse look-up (OIDC Core 8.1)."""

    __tablename__ = "subject"
    __table_args__ = (UniqueConstraint("sector", "sub"),)

    member_id: Mapped[UUID] = mapped_column(
        ForeignKey("member.id", ondelete="CASCADE"), primary_key=True
    )
    sector: Mapped[str] = mapped_column(String(255), primary_key=True)
    sub: Mapped[str] = mapped_column(String(64))
