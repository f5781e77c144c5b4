"""The contract between the provider and every way of proving who you are.

An adapter says what was proven, never what it is worth: `idp.acr` alone maps a proof to acr and
amr. An adapter knows no Flask, no session, no other adapter; it gets a database session, plain
values and the moment, and it refuses by raising `kernel.errors.Refused`. One adapter object
serves every thread of a process, so it keeps nothing between `begin` and `verify`.

`tests/contract` is the suite every adapter must pass.
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
    ONE_TIME = "one-time"  # a code good once, from a thing that shares a key; adds to a password


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What an adapter can do, so that the core may choose without knowing it."""

    label: Bilingual
    proofs: tuple[ProofKind, ...]
    holder_verification: bool  # can it prove that the holder, not just the thing, was there
    needs_script: bool  # does its page need JavaScript
    # Names of the answer fields `verify` reads. `login` is the account name: where the core knows
    # the member already it fills that in itself. The page asks for the others, by their labels.
    fields: tuple[str, ...]
    labels: Mapping[str, Bilingual] = field(default_factory=dict)
    certified: bool = False  # does a pinned authority vouch for whose key it is

    def label_of(self, name: str) -> Bilingual:
        """Return what a page calls the field `name`."""
        return self.labels.get(name, Bilingual(name, name))


@dataclass(frozen=True, kw_only=True)
class Context:
    """Where and for what a proof is wanted."""

    origin: str
    channel: str = "web"  # web or counter
    address: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Challenge:
    """A question that may be answered once, until it expires; the core consumes it.

    What `repr` does not show stays out of the log (STYLE 7).
    """

    nonce: str = field(repr=False)
    expires_at: datetime
    # what the page needs to show or sign
    public: Mapping[str, str] = field(default_factory=dict, repr=False)

    def require_fresh(self, *, now: datetime) -> None:
        """Refuse a stale answer. Raises Refused `challenge.expired`."""
        if now >= self.expires_at:
            raise Refused("challenge.expired")


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What a right answer established, and nothing about its worth; what is not said was not."""

    member_id: UUID
    kind: ProofKind
    holder_verified: bool = False
    hardware: bool = False
    origin_bound: bool = False
    at: datetime
    carrier_id: UUID | None = None  # the binding that was shown, if one was
    certified: bool = False  # a pinned authority vouches now for whose key it is


class NotProven(Refused):
    """The answer proves nobody: outside always `login.failed`, whatever was wrong with it.

    `reason` (a code) and `member_id` (whose login was tried, if it is anybody's) are for the
    audit trail alone. A `suspect_carrier` showed that it was copied: the core suspends it. A
    `suspended_carrier` answered rightly, and is refused only because it was suspended before.
    """

    def __init__(
        self,
        reason: str,
        *,
        member_id: UUID | None = None,
        suspect_carrier: UUID | None = None,
        suspended_carrier: UUID | None = None,
    ) -> None:
        super().__init__("login.failed")
        self.reason = reason
        self.member_id = member_id
        self.suspect_carrier = suspect_carrier
        self.suspended_carrier = suspended_carrier


@runtime_checkable
class Adapter(Protocol):
    """One way of proving who you are."""

    @property
    def name(self) -> str:
        """Return the word that settings, tables and URLs use: lower case, letters and dashes."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """Return what this adapter can do; always the same."""
        ...

    def begin(self, context: Context, *, now: datetime) -> Challenge:
        """Return the question to put to the person."""
        ...

    def verify(
        self,
        session: Session,
        context: Context,
        challenge: Challenge,
        answer: Mapping[str, object],
        *,
        now: datetime,
    ) -> Proof:
        """Return what the answer proves; raise Refused for every other answer, whatever it holds.

        A wrong answer is NotProven. A stale challenge is `challenge.expired`. Nothing is written
        but the adapter's own credential.
        """
        ...


@runtime_checkable
class Held(Protocol):
    """What an adapter adds if it knows who could use it; without it, nobody is offered it later.

    Only the member who is signed in is ever asked about, so it tells strangers nothing.
    """

    def is_held_by(self, session: Session, member_id: UUID) -> bool:
        """Say whether this member could prove themselves with this adapter now."""
        ...


@runtime_checkable
class ReadsAtDesk(Protocol):
    """What an adapter adds if a reader at a desk can tell its carriers apart."""

    def find_shown(self, session: Session, kind: str, number: str, *, now: datetime) -> UUID | None:
        """Return the binding of the carrier a reader read, None for none; in one statement.

        `kind` and `number` are as the reader sent them; for a kind it does not know, an adapter
        asks nothing. That the holder is there is not proven.
        """
        ...


def is_storable(text: str) -> bool:
    """Say whether a database can keep `text`: no NUL character, no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def text_of(answer: Mapping[str, object], name: str, *, longest: int) -> str:
    """Return the answer's field `name`, at most `longest` characters of storable text.

    Raises NotProven `answer.malformed` for everything else, before anything looks at it.
    """
    value = answer.get(name)
    if not isinstance(value, str) or len(value) > longest or not is_storable(value):
        raise NotProven("answer.malformed")
    return value
