"""Remember which cards an agency's readers have seen, by a mark no other agency can make.

A list for readers without a line holds these cards and no others: it must be matched by whoever
has the number, and whoever could match it for every card could try all numbers (6(2);
docs/decisions/0060).
"""

import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Self
from uuid import UUID

from sqlalchemy import LargeBinary, Uuid, bindparam, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from carriers.models import Binding, CarrierKind
from consent.models import SeenCard
from kernel.db import Moment
from kernel.keyring import Keyring, keyed_hash
from kernel.prebuilt import Prebuilt

MARK_BYTES = 16
KEPT = timedelta(days=180)  # a list is for who comes again; see `web.cli.purge`
NOTED_AGAIN = timedelta(days=1)  # not at every tap


def mark(key: bytes, kind: str, number: str) -> bytes:
    """Return what a card is to the readers that have `key`; upper or lower case is one number."""
    return keyed_hash(key, kind, number.lower())[:MARK_BYTES]


@dataclass(frozen=True)
class ReaderKeys:
    """The keys of agencies' readers, all made from one of the installation's."""

    secret: bytes = field(repr=False)

    @classmethod
    def of(cls, keyring: Keyring) -> Self:
        """Return the keys of this installation."""
        return cls(keyring.derive("readers/v1"))

    def of_client(self, client_id: UUID) -> bytes:
        """Return the key that every reader of this client keeps."""
        return keyed_hash(self.secret, "client", str(client_id))

    def salt(self, *parts: str) -> bytes:
        """Return 16 bytes that nobody can foresee, always the same for the same list."""
        return keyed_hash(self.secret, "salt", *parts)[:MARK_BYTES]

    def padding(self, salt: bytes, number: int) -> bytes:
        """Return eight bytes that nobody can tell from a card's."""
        return hmac.digest(self.secret, salt + number.to_bytes(4, "big"), "sha256")[:8]


def note(
    session: Session, client_id: UUID, seen: bytes, *, binding_id: UUID | None, now: datetime
) -> None:
    """Remember that the card of this mark was seen; one that is nobody's costs as much."""
    values = {
        "client_id": client_id,
        "mark": seen,
        "binding_id": binding_id,
        "now": now,
        "before": now - NOTED_AGAIN,
    }
    _noting(session.get_bind().dialect.name).write(session, values)


@cache
def _noting(dialect: str) -> Prebuilt:
    card = select(
        bindparam("client_id", type_=Uuid()),
        bindparam("mark", type_=LargeBinary()),
        Binding.id,
        bindparam("now", type_=Moment()),
    ).where(Binding.id == bindparam("binding_id"), Binding.kind == CarrierKind.CARD)
    columns = ("client_id", "mark", "binding_id", "seen_at")
    insert = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(SeenCard)
    inserted = insert.from_select(columns, card)
    return Prebuilt(
        inserted.on_conflict_do_update(
            index_elements=[SeenCard.client_id, SeenCard.mark],
            set_={
                "binding_id": inserted.excluded.binding_id,
                "seen_at": inserted.excluded.seen_at,
            },
            where=or_(
                SeenCard.seen_at < bindparam("before", type_=Moment()),
                SeenCard.binding_id != inserted.excluded.binding_id,
            ),
        )
    )
