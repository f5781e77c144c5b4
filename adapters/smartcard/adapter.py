"""Prove who you are with a card: by the key it holds, or, for a bare number, beside a password."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Row, bindparam, exists, select
from sqlalchemy.orm import Session

from adapters.contract import (
    Capabilities,
    Challenge,
    Context,
    NotProven,
    Proof,
    ProofKind,
    text_of,
)
from adapters.smartcard import conversation, numbers, profiles
from adapters.smartcard.keys import MasterKey
from adapters.smartcard.masters import Masters, OpenToken, no_token
from adapters.smartcard.models import Card
from adapters.smartcard.numbers import Numbers, Seen
from adapters.smartcard.profiles import CardClass
from adapters.smartcard.reading import Reading
from carriers.models import Binding
from kernel.ids import new_secret
from kernel.prebuilt import Prebuilt
from kernel.settings import SettingsInvalid
from kernel.wording import Bilingual
from members import logins
from members.models import Member

LIFETIME = timedelta(minutes=10)  # to type a password after the card was read
LONGEST_LOGIN = 4 * logins.LONGEST

_FIND = (
    select(Binding.id, Binding.member_id, Binding.suspended_at, Member.login)
    .join(Card, Card.binding_id == Binding.id)
    .join(Member, Member.id == Binding.member_id)
    .where(Card.number_hash == bindparam("number"), Binding.released_at.is_(None))
    .order_by(Binding.bound_at)
)
# Two rows say as much as all of them: that the number alone does not tell.
_SHOWN = Prebuilt(
    select(Card.binding_id)
    .join(Binding, Binding.id == Card.binding_id)
    .where(Card.number_hash == bindparam("number"), Binding.released_at.is_(None))
    .limit(2)
)
_Found: TypeAlias = Row[UUID, UUID, datetime | None, str]  # a row of _FIND


class SmartcardAdapter:
    """A card in a reader: `reading` leads it there, the answer carries our own voucher for it.

    A storage card proves nobody: anybody who stood near it can make another. It only says whose
    password is meant.
    """

    name = "smartcard"
    capabilities = Capabilities(
        label=Bilingual("卡片", "Card"),
        proofs=(ProofKind.IDENTIFIER, ProofKind.SYMMETRIC),
        holder_verification=False,
        needs_script=True,
        fields=("card", "login"),
    )

    def __init__(self, reading: Reading) -> None:
        """Take the kinds of card and the keys."""
        self.reading = reading

    def begin(self, context: Context, *, now: datetime) -> Challenge:  # noqa: ARG002  # contract
        """Return a nonce that one conversation with one card is bound to."""
        return Challenge(nonce=new_secret(), expires_at=now + LIFETIME)

    def verify(
        self,
        session: Session,
        context: Context,  # noqa: ARG002  # contract
        challenge: Challenge,
        answer: Mapping[str, object],
        *,
        now: datetime,
    ) -> Proof:
        """Return what the card that was read proves; a `login` is needed if two have its number.

        Raises NotProven, Refused `challenge.expired`.
        """
        challenge.require_fresh(now=now)
        seen = self.seen(challenge, answer)
        kind = self.reading.kinds.of_name(seen.kind)
        found = _one(self._found(session, seen), _login(answer))
        if kind is None:
            raise NotProven("card.kind_unknown", member_id=found.member_id)
        if found.suspended_at is not None:
            raise NotProven("carrier.reported_lost", member_id=found.member_id)
        proves = kind.kind is CardClass.SYMMETRIC
        return Proof(
            member_id=found.member_id,
            kind=ProofKind.SYMMETRIC if proves else ProofKind.IDENTIFIER,
            hardware=proves,
            at=now,
            carrier_id=found.id,
        )

    def seen(self, challenge: Challenge, answer: Mapping[str, object]) -> Seen:
        """Return the card that was read. Raises NotProven if our voucher for it is missing."""
        text = text_of(answer, "card", longest=numbers.LONGEST)
        seen = self.reading.numbers.read(text, nonce=challenge.nonce)
        if seen is None:
            raise NotProven("card.not_shown")
        return seen

    def is_held_by(self, session: Session, member_id: UUID) -> bool:
        """Say whether the member has a card that proves more than its number."""
        proving = [
            name
            for name, each in self.reading.kinds.by_name.items()
            if each.kind is CardClass.SYMMETRIC
        ]
        is_usable = Binding.released_at.is_(None) & Binding.suspended_at.is_(None)
        mine = (Binding.member_id == member_id) & is_usable & Card.kind.in_(proving)
        return bool(session.scalar(select(exists().where(mine, Card.binding_id == Binding.id))))

    def find_shown(
        self,
        session: Session,
        kind: str,
        number: str,
        *,
        now: datetime,  # noqa: ARG002  # contract
    ) -> UUID | None:
        """Return the binding of the card with this number, in hex (adapters.contract.ReadsAtDesk).

        Two members may have one number of four bytes. A desk cannot ask whose account is meant,
        so there it is nobody's.
        """
        if self.reading.kinds.of_name(kind) is None:
            return None
        hashed = self.reading.numbers.hash_of_read(kind, number)
        found = _SHOWN.all(session, {"number": hashed})
        shown: UUID | None = found[0].binding_id if len(found) == 1 else None
        return shown

    def has_token_key(self, label: str) -> bool:
        """Say whether the token has a master key of this label."""
        try:
            self.reading.masters.open_token(label)
        except SettingsInvalid:
            return False
        return True

    def labels_of(self, session: Session, member_id: UUID) -> dict[UUID, Bilingual]:
        """Return what kind of card each of the member's card bindings is."""
        kinds = self.reading.kinds
        mine = select(Card.binding_id, Card.kind).join(Binding, Binding.id == Card.binding_id)
        found = session.execute(mine.where(Binding.member_id == member_id))
        known = ((row.binding_id, kinds.of_name(row.kind)) for row in found)
        return {key: kind.label for key, kind in known if kind is not None}

    def _found(self, session: Session, seen: Seen) -> Sequence[_Found]:
        number = self.reading.numbers.hash_of(seen)
        return session.connection().execute(_FIND, {"number": number}).all()


def _login(answer: Mapping[str, object]) -> str:
    if "login" not in answer:
        return ""
    return logins.normalise(text_of(answer, "login", longest=LONGEST_LOGIN))


def _one(found: Sequence[_Found], login: str) -> _Found:
    """Return the one binding that is meant: the only one, or the one of the login typed."""
    meant = [each for each in found if login in {"", each.login}]
    if len(meant) != 1:
        raise NotProven("card.ambiguous" if meant else "card.unknown")
    return meant[0]


def create(settings: Mapping[str, object]) -> SmartcardAdapter:
    """Make the adapter from its `key`. Raises SettingsInvalid."""
    secret = settings.get("key")
    if not isinstance(secret, bytes):
        raise SettingsInvalid("smartcard: there is no key")
    folder = settings.get("card_kinds")
    kinds = profiles.read([profiles.OWN, *([folder] if isinstance(folder, Path) else [])])
    conversation.require_sound(kinds)
    demo = settings.get("demo") is True
    masters = Masters(secret, open_token=opener(settings.get("token")), demo=demo)
    return SmartcardAdapter(Reading(kinds, masters, Numbers(secret)))


def opener(token: object) -> OpenToken:
    """Return what opens a key in the token these settings name; nothing is opened yet."""
    if not isinstance(token, Mapping) or token.get("module") is None:
        return no_token
    where = {
        "module": str(token["module"]),
        "token": str(token["label"]),
        "pin": token["pin"].get_secret_value(),
    }

    @cache  # one session a process, opened by the worker that first needs it
    def opened(label: str) -> MasterKey:
        key: MasterKey = _token_module().TokenMaster(**where, label=label)
        return key

    return opened


def make_token_key(token: object, label: str) -> None:
    """Make a master key of this label in the token. Raises SettingsInvalid."""
    if not isinstance(token, Mapping) or token.get("module") is None:
        no_token(label)
    else:
        _token_module().make_key(
            module=str(token["module"]),
            token=str(token["label"]),
            pin=token["pin"].get_secret_value(),
            label=label,
        )


def _token_module() -> Any:  # mypy knows nothing of a module that is imported by name
    try:
        return import_module("adapters.smartcard.token_master")
    except ImportError:
        raise SettingsInvalid("token: install taipei-id[pkcs11] first") from None
