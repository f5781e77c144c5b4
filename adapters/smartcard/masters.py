"""Keep the master keys of cards: one or more for each kind, sealed, or in a PKCS#11 token.

A kind has versions: a new key for cards that are made from now on, while the cards out there go on
with the old one until it is retired. A card tells which it has (docs/decisions/0045).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeAlias

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from adapters.smartcard.keys import MasterKey, PlainKey, Versions, derived
from adapters.smartcard.models import CardMasterKey
from kernel.db import changed, insert_once
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from kernel.keyring import keyed_hash, seal, unseal
from kernel.prebuilt import Prebuilt
from kernel.settings import SettingsInvalid

VERSIONS = range(256)  # a card keeps one byte (DESFire GetKeyVersion)
CHECK_BYTES = 3
DEMO_VERSION = 0
# Open the token's key of this label. Raises SettingsInvalid.
OpenToken: TypeAlias = Callable[[str], MasterKey]

_IN_FORCE = Prebuilt(
    select(CardMasterKey.version, CardMasterKey.key_sealed, CardMasterKey.token_label)
    .where(CardMasterKey.kind == bindparam("kind"), CardMasterKey.retired_at.is_(None))
    .order_by(CardMasterKey.version)
)


def no_token(label: str) -> MasterKey:
    """Have no token: whoever names a key in one has not set it."""
    raise SettingsInvalid(f"token: no token is set, and the key {label} should be in it")


@dataclass(frozen=True)
class Masters:
    """Where an installation's master keys are; `secret` is the adapter's own."""

    secret: bytes = field(repr=False)
    open_token: OpenToken = no_token
    demo: bool = False  # cards of the demo are made from the adapter's own secret

    def of_kind(self, session: Session, kind: str) -> Versions:
        """Return the keys that cards of this kind may have, each opened when it is needed."""
        found = {
            row.version: partial(self._open, kind, row.version, row.key_sealed, row.token_label)
            for row in _IN_FORCE.all(session, {"kind": kind})
        }
        if self.demo and not found:
            return Versions({DEMO_VERSION: partial(self.derived, kind)})
        return Versions(found)

    def derived(self, kind: str) -> PlainKey:
        """Return the key that the demo's cards of this kind are made from."""
        return derived(self.secret, kind)

    def add(
        self,
        session: Session,
        kind: str,
        *,
        key: bytes = b"",
        token_label: str | None = None,
        version: int | None = None,
        now: datetime,
    ) -> CardMasterKey:
        """Keep 16 bytes sealed, or the label of a key in the token, as the kind's next version.

        Another key than any the kind has had: a rotation to the same one would change nothing.
        Raises Refused `cardkey.exists` or `cardkey.invalid`; SettingsInvalid for the token.
        """
        number = self._next(session, kind) if version is None else version
        if number not in VERSIONS:
            raise Refused("cardkey.invalid")
        opened = self.open_token(token_label) if token_label else _plain(key)
        checked = check_value(opened)
        _require_another(session, kind, token_label, checked)
        values = {
            "id": new_id(),
            "kind": kind,
            "version": number,
            "key_sealed": None if token_label else self._sealed(kind, number, key),
            "token_label": token_label,
            "check_value": checked,
            "made_at": now,
        }
        if not insert_once(session, CardMasterKey, values):
            raise Refused("cardkey.exists")
        return session.get_one(CardMasterKey, values["id"])

    def _next(self, session: Session, kind: str) -> int:
        every = select(CardMasterKey.version).where(CardMasterKey.kind == kind)
        return max(session.scalars(every), default=DEMO_VERSION) + 1

    def _open(
        self, kind: str, version: int, sealed: bytes | None, token_label: str | None
    ) -> MasterKey:
        if sealed is None:
            return self.open_token(token_label or "")
        return PlainKey(unseal(self._sealing, sealed, place=_place(kind, version)))

    def _sealed(self, kind: str, version: int, key: bytes) -> bytes:
        return seal(self._sealing, key, place=_place(kind, version))

    @property
    def _sealing(self) -> bytes:
        return keyed_hash(self.secret, "cards/masters/v1")


def _require_another(session: Session, kind: str, token_label: str | None, checked: bytes) -> None:
    """Refuse a key that a kind has, or had, by its label in the token or its check value."""
    same = (CardMasterKey.kind == kind) & (CardMasterKey.check_value == checked)
    if token_label:
        same |= CardMasterKey.token_label == token_label
    if session.scalar(select(CardMasterKey.id).where(same).limit(1)) is not None:
        raise Refused("cardkey.exists")


def check_value(key: MasterKey) -> bytes:
    """Return what two people compare to see that they have the same key (CMAC of a zero block)."""
    return key.cmac(bytes(16))[:CHECK_BYTES]


def listed(session: Session) -> Sequence[CardMasterKey]:
    """Return every master key there ever was, by kind and version."""
    return session.scalars(
        select(CardMasterKey).order_by(CardMasterKey.kind, CardMasterKey.version)
    ).all()


def retire(session: Session, kind: str, version: int, *, now: datetime) -> None:
    """Read no more cards that have this key. Raises NotFound `cardkey.not_found`."""
    done = session.execute(
        update(CardMasterKey)
        .where(
            CardMasterKey.kind == kind,
            CardMasterKey.version == version,
            CardMasterKey.retired_at.is_(None),
        )
        .values(retired_at=now)
    )
    if not changed(done):
        raise NotFound("cardkey.not_found")


def _plain(key: bytes) -> PlainKey:
    try:
        return PlainKey(key)
    except ValueError:
        raise Refused("cardkey.invalid") from None


def _place(kind: str, version: int) -> str:
    return f"card_master_key/{kind}/{version}"
