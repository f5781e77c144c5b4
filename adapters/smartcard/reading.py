"""Read a card in somebody's reader: the server asks, the program beside the reader only carries.

`start` gives the first command; each answer is brought to `go_on`, until it gives a voucher.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from adapters.contract import Challenge
from adapters.smartcard import apdu, conversation, talks
from adapters.smartcard.conversation import Ask, State
from adapters.smartcard.keys import BLOCK
from adapters.smartcard.masters import Masters
from adapters.smartcard.numbers import Numbers, Seen
from adapters.smartcard.profiles import Profile, Profiles
from adapters.smartcard.talks import Taken
from kernel.errors import Refused
from kernel.ids import new_nonce
from kernel.keyring import SealBroken

LIFETIME = timedelta(minutes=2)


@dataclass(frozen=True)
class Command:
    """What to say to the card next, in hex."""

    command: str = field(repr=False)
    last: bool  # nothing is asked after its answer


@dataclass(frozen=True)
class Voucher:
    """The card was read; this goes into the answer."""

    text: str = field(repr=False)


@dataclass(frozen=True)
class Reading:
    """The kinds of card, their master keys, and the keys behind numbers."""

    kinds: Profiles
    masters: Masters = field(repr=False)
    numbers: Numbers = field(repr=False)

    def start(self, session: Session, challenge: Challenge, atr: str, *, now: datetime) -> Command:
        """Begin with the card that gave this answer to reset.

        Raises Refused `carrier.not_readable` or `carrier.kind_not_supported`.
        """
        told = apdu.atr(atr)
        kind, first = self.kinds.of_atr(told), conversation.begin(told)
        talks.start(
            session,
            challenge.nonce,
            kind=kind.name,
            state_sealed=self._sealed(first.state, challenge.nonce, step=0),
            expires_at=now + LIFETIME,
        )
        return Command(first.command.hex(), conversation.is_last(kind, first.state))

    def go_on(self, session: Session, nonce: str, taken: Taken, answer: str) -> Command | Voucher:
        """Return what follows the card's answer, given in hex.

        Raises Refused: the card's own refusal, or `challenge.expired` for a step out of turn.
        """
        kind = self.kinds.of_name(taken.kind)
        if kind is None:
            raise Refused("carrier.kind_not_supported")
        state = self._opened(taken, nonce)
        raw = apdu.from_hex(answer)
        masters = self.masters.of_kind(session, kind.name)
        try:
            step = conversation.advance(kind, masters, state, raw, fresh=new_nonce(BLOCK))
        except Refused as refused:
            kind, step = self._otherwise(kind, state, refused)
        if isinstance(step, Ask):
            sealed = self._sealed(step.state, nonce, step=taken.step)
            talks.keep(session, nonce, taken, sealed, kind=kind.name)
            return Command(step.command.hex(), conversation.is_last(kind, step.state))
        return Voucher(self.numbers.voucher(Seen(kind.name, step.uid), nonce=nonce))

    def _otherwise(self, kind: Profile, state: State, refused: Refused) -> tuple[Profile, Ask]:
        """Try the next kind of the same make, if this card is only not of this one."""
        following = conversation.otherwise(self.kinds, kind, state, refused.code)
        if following is None:
            raise refused
        return following

    def _sealed(self, state: State, nonce: str, *, step: int) -> bytes:
        return self.numbers.seal(state.written(), place=f"card-talk/{nonce}/{step}")

    def _opened(self, taken: Taken, nonce: str) -> State:
        place = f"card-talk/{nonce}/{taken.step - 1}"
        try:
            return State.read(self.numbers.unseal(taken.state_sealed, place=place))
        except SealBroken:  # two came for one step, or the card was refused a step ago
            raise Refused("challenge.expired") from None
