"""The contract between the provider and every way of proving who you are.

An adapter says what was proven, never what it is worth: `idp.acr` alone maps a proof to acr and
amr. An adapter knows no Flask, no session, no other adapter; it gets a database session, plain
values and the moment, and it refuses by raising `kernel.errors.Refused`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable
from uuid import UUID

from sqlalchemy.orm import Session

from kernel.errors import Refused
from kernel.wording import Bilingual


class ProofKind(StrEnum):
    """What convinced the adapter."""

    KNOWLEDGE = "knowledge"  # a password
    IDENTIFIER = "identifier"  # a bare card number: finds a member, proves nothing
    STAFF = "staff"  # a clerk looked at a document
    SYMMETRIC = "symmetric"  # a card answered a challenge with a shared key
    SIGNATURE = "signature"  # a private key signed the challenge
    WEBAUTHN = "webauthn"  # an authenticator signed for this origin


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What an adapter can do, so that the core may choose without knowing it."""

    label: Bilingual
    proofs: tuple[ProofKind, ...]
    holder_verification: bool  # can it prove that the holder, not just the thing, was there
    needs_script: bool  # does its page need JavaScript
    fields: tuple[str, ...]  # names of the answer fields `verify` reads


@dataclass(frozen=True, kw_only=True)
class Context:
    """Where and for what a proof is wanted."""

    origin: str
    channel: str = "web"  # web or counter
    address: str = ""


@dataclass(frozen=True, kw_only=True)
class Challenge:
    """A question that may be answered once, until it expires. The core consumes it, not the adapter."""

    nonce: str
    expires_at: datetime
    public: Mapping[str, str] = field(default_factory=dict)  # what the page needs to show or sign

    def require_fresh(self, *, now: datetime) -> None:
        """Refuse a stale answer. Raises Refused `challenge.expired`."""
        if now >= self.expires_at:
            raise Refused("challenge.expired")


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What a right answer established, and nothing about its worth."""

    member_id: UUID
    kind: ProofKind
    holder_verified: bool
    hardware: bool
    origin_bound: bool
    at: datetime


@runtime_checkable
class Adapter(Protocol):
    """One way of proving who you are."""

    name: str
    capabilities: Capabilities

    def begin(self, context: Context, *, now: datetime) -> Challenge:
        """Return the question to put to the person."""
        ...

    def verify(
        self,
        session: Session,
        context: Context,
        challenge: Challenge,
        answer: Mapping[str, str],
        *,
        now: datetime,
    ) -> Proof:
        """Return what the answer proves; raise Refused for every other answer, whatever it holds."""
        ...
