"""The tables of signed-in browsers, of those used before, and of what is asked of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, false
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key


class BrowserSession(Base):
    """One browser in which a member is signed in; the cookie's value is kept only as SHA-256."""

    __tablename__ = "browser_session"
    __table_args__ = (Index(None, "expires_at"),)

    id: Mapped[Key]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    member_id: Mapped[UUID] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"), index=True)
    acr: Mapped[str] = mapped_column(String(64))
    amr: Mapped[list[str]]
    authenticated_at: Mapped[datetime]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    browser: Mapped[str] = mapped_column(String(64))  # "Chrome, Windows": words, not the raw header
    carrier_id: Mapped[UUID | None]  # the binding that was shown; its loss ends the session
    # The next to sit there may be anybody: whatever is proven later, it ends when it would have.
    shared_computer: Mapped[bool] = mapped_column(default=False, server_default=false())
    worked_at: Mapped[datetime | None]  # in a post of the city, in this very browser


class KnownBrowser(Base):
    """A browser a member signed in with before: the next time is no news to them."""

    __tablename__ = "known_browser"
    __table_args__ = (Index(None, "seen_at"),)

    member_id: Mapped[UUID] = mapped_column(
        ForeignKey("member.id", ondelete="CASCADE"), primary_key=True
    )
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    seen_at: Mapped[datetime]


class OpenChallenge(Base):
    """A question put to one browser at one place; whoever takes it first may answer it.

    The nonce is kept only as SHA-256: the answer brings it back.
    """

    __tablename__ = "open_challenge"
    __table_args__ = (Index(None, "expires_at"),)

    nonce_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    place: Mapped[str] = mapped_column(String(64))  # what the answer is good for
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class PresentedCertificate(Base):
    """A certificate a browser presented over TLS, sealed until the page that asked takes it."""

    __tablename__ = "presented_certificate"
    __table_args__ = (Index(None, "expires_at"),)

    nonce_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    ticket_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    certificate_sealed: Mapped[bytes]
    expires_at: Mapped[datetime]


class Handover(Base):
    """A device that waits for a phone to sign it in; one phone answers it, once.

    `code_hash` is keyed: eight characters alone could be found again by trying.
    """

    __tablename__ = "handover"
    __table_args__ = (
        Index(None, "browser_hash", "place"),
        Index(None, "expires_at"),
        CheckConstraint("(answered_at IS NULL) = (approved IS NULL)", name="answered"),
        CheckConstraint("(answered_at IS NULL) = (member_id IS NULL)", name="by_a_member"),
    )

    id: Mapped[Key]
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    browser_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    place: Mapped[str] = mapped_column(String(64))  # what the answer is good for
    client_id: Mapped[UUID | None]
    wanted: Mapped[str] = mapped_column(String(64))  # acr, empty if any will do
    browser: Mapped[str] = mapped_column(String(64))  # words, for the phone to show
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    approved: Mapped[bool | None]
    member_id: Mapped[UUID | None] = mapped_column(ForeignKey("member.id", ondelete="CASCADE"))
    acr: Mapped[str | None] = mapped_column(String(64))
    amr: Mapped[list[str] | None]
    carrier_id: Mapped[UUID | None]
    # The session that answered, which must still be there when the answer is used; when its member
    # had proved who they are, and since when they must have, for the client that asks.
    session_id: Mapped[UUID | None]
    authenticated_at: Mapped[datetime | None]
    proven_after: Mapped[datetime | None]
    used_at: Mapped[datetime | None]
