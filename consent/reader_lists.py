"""Make the list that a reader works with while it has no line, and read it at the desk (6(2)).

The list holds cards that are good now and that this agency's readers have seen, each as eight
bytes: seven by which a reader that has the number finds it, and one that tells the state of this
very service, hidden from who has not. A card that is lost is not on the next list. Lists of two
agencies, of two readers and of two moments have nothing in common (docs/decisions/0060).
"""

import base64
import binascii
import hmac
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select
from sqlalchemy.orm import Session

from carriers.models import Binding
from clients.models import Client, Terminal
from consent import seen_cards
from consent.desk_answers import Opened, opened
from consent.models import SeenCard
from consent.seen_cards import KEPT, ReaderKeys
from kernel.db import Json, Moment
from kernel.errors import Refused
from kernel.prebuilt import Prebuilt
from members.models import Member, Standing
from services import sanctions
from services.models import ActivationNote, Service

LIFETIME = timedelta(minutes=15)
PERIOD = timedelta(minutes=5)  # so long is a list the same, if nothing happens to its cards
AHEAD = timedelta(minutes=2)  # how far the provider's clock may be before a reader's
ENTRY_BYTES, HASH_BYTES = 8, 7
STEP = 512  # entries: what is missing is filled up, so that the length counts nobody
MOST = 100_000  # cards of one list, those seen last

_READER = Prebuilt(
    select(Service.id)
    .select_from(Terminal)
    .join(Client, Client.id == Terminal.client_id)
    .join(Service, Service.organisation_id == Client.organisation_id)
    .where(
        Terminal.id == bindparam("terminal"),
        Terminal.client_id == bindparam("client_id"),
        Terminal.ended_at.is_(None),
        Service.code == bindparam("service"),
    )
)
_GOOD = Prebuilt(
    select(
        SeenCard.mark,
        ActivationNote.state,
        ActivationNote.disputed_at,
        sanctions.bars(
            Member.id, bindparam("service_id", type_=Uuid()), bindparam("now", type_=Moment())
        ).label("is_barred"),
    )
    .join(Binding, Binding.id == SeenCard.binding_id)
    .join(Member, Member.id == Binding.member_id)
    .outerjoin(
        ActivationNote,
        (ActivationNote.member_id == Member.id)
        & (ActivationNote.service_id == bindparam("service_id"))
        & ActivationNote.unannounced.is_(False),
    )
    .where(
        SeenCard.client_id == bindparam("client_id"),
        SeenCard.seen_at > bindparam("since"),
        Binding.released_at.is_(None),
        Binding.suspended_at.is_(None),
        Member.standing == Standing.ACTIVE,
    )
    .order_by(SeenCard.seen_at.desc())
    .limit(MOST)
)
_STATES = tuple(Opened)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Whose list for which reader and service."""

    client_id: UUID
    audience: str  # the client's public name
    terminal: UUID
    service: str


@dataclass(frozen=True, kw_only=True)
class ReaderList:
    """A list: good until `until`, by the clock of who reads it."""

    terminal: str
    service: str
    until: datetime
    salt: bytes = field(repr=False)
    cards: bytes = field(repr=False)

    @property
    def version(self) -> str:
        """Return what is the same as long as the list says the same."""
        return sha256(self.salt + self.cards).hexdigest()[:32]

    def state_of(self, key: bytes, kind: str, number: str) -> Opened | None:
        """Return this service's state for a card that is good, None for a card not listed."""
        drawn = _drawn(self.salt, seen_cards.mark(key, kind, number))
        wanted, places = drawn[:HASH_BYTES], range(len(self.cards) // ENTRY_BYTES)
        found = bisect_left(places, wanted, key=lambda place: self._entry(place)[:HASH_BYTES])
        entry = self._entry(found)
        if entry[:HASH_BYTES] != wanted:
            return None
        state = entry[HASH_BYTES] ^ drawn[HASH_BYTES]
        return _STATES[state] if state < len(_STATES) else None

    def require_fresh(self, *, now: datetime) -> None:
        """Refuse a list that is too old, or not yet made. Raises Refused `terminal.list_stale`."""
        if not self.until - LIFETIME - AHEAD <= now < self.until:
            raise Refused("terminal.list_stale")

    def _entry(self, place: int) -> bytes:
        return self.cards[place * ENTRY_BYTES :][:ENTRY_BYTES]


def make(session: Session, asked: Asked, keys: ReaderKeys, *, now: datetime) -> ReaderList:
    """Return the list of this moment.

    Raises Refused `terminal.not_registered` for a reader or a service that is not the client's.
    """
    service = _READER.one_or_none(session, vars(asked))
    if service is None:
        raise Refused("terminal.not_registered")
    values = {"client_id": asked.client_id, "service_id": service.id}
    values |= {"since": now - KEPT, "now": now}
    period = str(int(now.timestamp() // PERIOD.total_seconds()))
    salt = keys.salt(str(asked.terminal), asked.service, period)
    entries = {
        _entry(salt, row.mark, opened(row.state, row.disputed_at, is_barred=row.is_barred))
        for row in _GOOD.all(session, values)
    }
    return ReaderList(
        terminal=str(asked.terminal),
        service=asked.service,
        until=now + LIFETIME,
        salt=salt,
        cards=b"".join(sorted(entries | _padding(keys, salt, len(entries)))),
    )


def _entry(salt: bytes, seen: bytes, state: Opened) -> bytes:
    drawn = _drawn(salt, seen)
    return drawn[:HASH_BYTES] + bytes((drawn[HASH_BYTES] ^ _STATES.index(state),))


def _drawn(salt: bytes, seen: bytes) -> bytes:
    return hmac.digest(salt, seen, "sha256")[:ENTRY_BYTES]


def _padding(keys: ReaderKeys, salt: bytes, count: int) -> set[bytes]:
    missing = -count % STEP or (0 if count else STEP)
    return {keys.padding(salt, number) for number in range(missing)}


def document(made: ReaderList, asked: Asked, *, issuer: str) -> Json:
    """Return the list as claims, to be signed."""
    return {
        "iss": issuer,
        "aud": asked.audience,
        "iat": int((made.until - LIFETIME).timestamp()),
        "exp": int(made.until.timestamp()),
        "terminal": made.terminal,
        "service": made.service,
        "salt": _text(made.salt),
        "cards": _text(made.cards),
    }


def read(claims: Json) -> ReaderList:
    """Return the list that signed claims hold. Raises Refused `terminal.list_invalid`."""
    try:
        cards = _bytes(claims["cards"])
        found = ReaderList(
            terminal=str(claims["terminal"]),
            service=str(claims["service"]),
            until=datetime.fromtimestamp(int(claims["exp"]), UTC),
            salt=_bytes(claims["salt"]),
            cards=cards,
        )
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        raise Refused("terminal.list_invalid") from None
    if not cards or len(cards) % ENTRY_BYTES:
        raise Refused("terminal.list_invalid")
    return found


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: Any) -> bytes:  # JSON
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise ValueError("not base64url") from None
