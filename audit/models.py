"""Tables that only grow: the trail of the system, the ledger of the members, and its seals.

They refer to members and clients by id without foreign keys: what happened stays on record
after its subject is gone, and a busy client's row is not locked by every sign-in.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import Base, Key

COMMON = "'claims.released', 'client.signed_in'"  # nearly all lines, and all of the hot path's
RARE = f"kind NOT IN ({COMMON})"
# What the reports of exceptions are made of; nothing of the hot path is among them.
WATCHED = (
    "event IN ('record.viewed', 'record.viewed_without_case', 'proxy.many_principals', "
    "'staff.refused')"
)
APPLICATIONS = "event = 'application.viewed'"  # looks at them; read with those


class TrailEntry(Base):
    """One state change of the system: which event, by whom, about what. Codes and ids only."""

    __tablename__ = "trail"
    __table_args__ = (
        Index(None, "subject", "id"),
        Index(None, "actor", "id"),
        Index(
            "ix_trail_watched",
            "id",
            postgresql_where=text(WATCHED),
            sqlite_where=text(WATCHED),
        ),
        Index(
            "ix_trail_applications",
            "id",
            postgresql_where=text(APPLICATIONS),
            sqlite_where=text(APPLICATIONS),
        ),
    )

    id: Mapped[Key]
    at: Mapped[datetime]
    event: Mapped[str] = mapped_column(String(64))
    actor: Mapped[UUID | None]
    subject: Mapped[UUID | None]
    detail: Mapped[dict[str, Any]]  # codes and claim names, never values


class LedgerLine(Base):
    """One line of a member's footprint: what was done, by whom, on which basis.

    Names of claims, never values (regulation 10(3)). The id carries the moment `at`.
    """

    __tablename__ = "ledger"
    __table_args__ = (
        Index(None, "member_id", "id"),
        Index(None, "member_id", "client_id", "id"),
        # The rare kinds can be asked for alone; the sign-in path does not pay for it.
        Index(
            "ix_ledger_rare",
            "member_id",
            "id",
            postgresql_where=text(RARE),
            sqlite_where=text(RARE),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    member_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(String(32))  # audit.lines.Kind
    client_id: Mapped[UUID | None]
    purpose_id: Mapped[UUID | None]
    claims: Mapped[list[str]]  # their names
    basis: Mapped[list[str]]  # ids of the receipts it rests on
    detail: Mapped[dict[str, Any]]  # codes, ids, and words about staff


class LedgerSeal(Base):
    """The link of one line in its member's chain, written once the line is committed.

    `hash` is over the hash at `position - 1` and the line; `place` is the leaf in the Merkle tree
    of the checkpoint.
    """

    __tablename__ = "ledger_seal"
    __table_args__ = (
        UniqueConstraint("member_id", "position"),
        UniqueConstraint("checkpoint", "place"),
    )

    line_id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    position: Mapped[int]
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    checkpoint: Mapped[int]
    place: Mapped[int]


class LedgerCheckpoint(Base):
    """A signed statement about everything sealed at one moment; it names the statement before."""

    __tablename__ = "ledger_checkpoint"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    horizon: Mapped[datetime]  # lines older than this by `horizons.PATIENCE` were all seen
    lines: Mapped[int]
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    signed: Mapped[str] = mapped_column(Text)  # the compact JWS over all of the above


class TrailSeal(Base):
    """The link of one entry in the trail's only chain, written once the entry is committed."""

    __tablename__ = "trail_seal"

    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[UUID] = mapped_column(unique=True)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class TrailCheckpoint(Base):
    """A signed statement about the trail up to one position; it names the statement before."""

    __tablename__ = "trail_checkpoint"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    horizon: Mapped[datetime]  # as of a checkpoint of the ledger
    position: Mapped[int]
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))  # of the entry at this position
    signed: Mapped[str] = mapped_column(Text)


class LedgerVerification(Base):
    """When somebody recomputed everything that was sealed, and how much was not as it was."""

    __tablename__ = "ledger_verification"

    id: Mapped[Key]
    at: Mapped[datetime]
    lines: Mapped[int]
    entries: Mapped[int]  # of the trail
    findings: Mapped[int]
