"""Lead a card through its questions, one frame after the other, keeping nothing in between.

    number ─→ select ─→ (version) ─→ challenge ─→ response ─→ true number ─→ shown
                                         ↑                        │ the number had been hidden
                                         └────────────────────────┘

A storage card is done when its number was read. Any other card must then prove that it holds the
key that belongs to that number, and say the number again under that proof: a card that is swapped
on the way has neither. Which version of the key it has is asked only while there are several.
"""

import json
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from adapters.smartcard import apdu, desfire
from adapters.smartcard.desfire import SessionKeys
from adapters.smartcard.keys import BLOCK, CardKey, PlainKey, Versions
from adapters.smartcard.profiles import CardClass, Profile, Profiles
from adapters.smartcard.status_words import DONE, data_of
from kernel.errors import Refused
from kernel.settings import SettingsInvalid

MOST_FRAMES = 9
READ_NUMBER = apdu.command(0xFF, 0xCA, 0, 0)  # PC/SC part 3, 3.2.2.1.3: the reader answers it
RANDOM_BYTES, RANDOM_FIRST = 4, 0x08  # a number made anew each time (ISO 14443-3 6.5.4)
NOBODY = bytes(desfire.UID_BYTES)  # the card that the common key belongs to


class Phase(StrEnum):
    """Which answer is waited for."""

    NUMBER = "number"
    SELECT = "select"
    VERSION = "version"
    CHALLENGE = "challenge"
    RESPONSE = "response"
    TRUE_NUMBER = "true_number"


NOT_OF_THIS_KIND = frozenset(
    {
        (Phase.SELECT, "carrier.kind_not_supported"),
        (Phase.NUMBER, "carrier.number_is_random"),
    }
)


@dataclass(frozen=True, kw_only=True)
class State:
    """Where a conversation stands; secret, so it is only ever kept sealed."""

    phase: Phase = Phase.NUMBER
    atr: bytes = b""  # which other kinds the card may be of
    uid: bytes = field(default=b"", repr=False)  # as the reader read it; empty while it is hidden
    version: bytes = b""  # of the master key, one byte
    rnd_a: bytes = field(default=b"", repr=False)
    rnd_b: bytes = field(default=b"", repr=False)
    ti: bytes = field(default=b"", repr=False)
    enc: bytes = field(default=b"", repr=False)
    mac: bytes = field(default=b"", repr=False)

    def written(self) -> bytes:
        """Return the state as bytes, to be sealed."""
        parts = {name: each.hex() for name, each in asdict(self).items() if name != "phase"}
        return json.dumps({"phase": self.phase.value, **parts}).encode()

    @classmethod
    def read(cls, written: bytes) -> "State":
        """Return what `written` made."""
        parts: dict[str, Any] = json.loads(written)
        return cls(
            phase=Phase(parts.pop("phase")),
            **{name: bytes.fromhex(each) for name, each in parts.items()},
        )


@dataclass(frozen=True)
class Ask:
    """Say this to the card, then go on from `state`."""

    state: State
    command: bytes = field(repr=False)


@dataclass(frozen=True)
class Shown:
    """The conversation is over: a card with this number was there."""

    uid: bytes = field(repr=False)


def begin(atr: bytes = b"") -> Ask:
    """Ask for the number, as of every card."""
    return Ask(State(atr=atr), READ_NUMBER)


def otherwise(
    kinds: Profiles, profile: Profile, state: State, code: str
) -> tuple[Profile, Ask] | None:
    """Return the kind to try next, if the refusal `code` only says that a card is not of this one.

    It has not this one's application, or hides its number, as cards of this one do not.
    """
    if (state.phase, code) not in NOT_OF_THIS_KIND:
        return None
    following = kinds.after(profile, state.atr, hidden=not state.uid)
    if following is None:
        return None
    selecting = replace(state, phase=Phase.SELECT)
    return following, Ask(selecting, desfire.select(following.application))


def advance(
    profile: Profile, masters: Versions, state: State, raw: bytes, *, fresh: bytes
) -> Ask | Shown:
    """Return what comes after the card's answer; `fresh` is a random number for our next question.

    Raises Refused, whatever the card says, if this card cannot be believed.
    """
    answer = apdu.answer(raw)
    match state.phase:
        case Phase.NUMBER:
            return _after_number(profile, state, data_of(answer, wanted=DONE))
        case Phase.SELECT:
            desfire.selected(answer)
            return _after_select(profile, masters, state)
        case Phase.VERSION:
            return _challenge(profile, replace(state, version=desfire.version(answer)))
        case Phase.CHALLENGE:
            key = _key(profile, masters, state)
            rnd_b, command = desfire.response(key, answer, rnd_a=fresh)
            return Ask(replace(state, phase=Phase.RESPONSE, rnd_a=fresh, rnd_b=rnd_b), command)
        case Phase.RESPONSE:
            key = _key(profile, masters, state)
            made = desfire.proven(key, answer, rnd_a=state.rnd_a, rnd_b=state.rnd_b)
            kept = replace(state, phase=Phase.TRUE_NUMBER, ti=made.ti, enc=made.enc, mac=made.mac)
            return Ask(kept, desfire.ask_uid(made))
        case _:
            made = SessionKeys(state.ti, state.enc, state.mac)
            return _after_true_number(profile, state, desfire.uid(made, answer))


def is_last(profile: Profile, state: State) -> bool:
    """Say whether the card may be let go after its next answer."""
    if state.phase is Phase.NUMBER:
        return profile.kind is CardClass.STORAGE
    return state.phase is Phase.TRUE_NUMBER and bool(state.uid)


def _after_number(profile: Profile, state: State, uid: bytes) -> Ask | Shown:
    is_random = len(uid) == RANDOM_BYTES and uid[0] == RANDOM_FIRST
    if is_random and profile.number_key is None:
        raise Refused("carrier.number_is_random")
    if not is_random and len(uid) not in profile.uid_bytes:
        raise Refused("carrier.kind_not_supported")
    if profile.kind is CardClass.STORAGE:
        return Shown(uid)
    state = replace(state, phase=Phase.SELECT, uid=b"" if is_random else uid)
    return Ask(state, desfire.select(profile.application))


def _after_select(profile: Profile, masters: Versions, state: State) -> Ask:
    if not masters.numbers:  # nobody made a key for this kind
        raise Refused("carrier.kind_not_supported")
    if len(masters.numbers) == 1:
        return _challenge(profile, replace(state, version=bytes(masters.numbers)))
    return Ask(replace(state, phase=Phase.VERSION), desfire.ask_version(profile.key_number))


def _challenge(profile: Profile, state: State) -> Ask:
    number = profile.key_number if state.uid else profile.number_key
    return Ask(replace(state, phase=Phase.CHALLENGE), desfire.challenge(number or 0))


def _key(profile: Profile, masters: Versions, state: State) -> CardKey:
    (number,) = state.version
    try:
        return masters.of(number).of_card(profile.material(state.uid or NOBODY))
    except SettingsInvalid:  # the token that has it is away; the doctor says more
        raise Refused("carrier.card_uncheckable") from None


def _after_true_number(profile: Profile, state: State, uid: bytes) -> Ask | Shown:
    if not state.uid:  # the common key is every card's: this one's own must still be proven
        return _challenge(profile, replace(state, uid=uid))
    if uid != state.uid:
        raise Refused("carrier.card_not_ours")
    return Shown(uid)


def require_sound(profiles: Profiles) -> None:
    """Play every profile's vector. Raises SettingsInvalid for one that comes out otherwise."""
    for profile in profiles.by_name.values():
        try:
            uid = _play(profile)
        except (Refused, ValueError, StopIteration) as wrong:
            raise SettingsInvalid(f"card kind {profile.name}: its vector fails: {wrong}") from None
        if uid != profile.vector.uid:
            raise SettingsInvalid(f"card kind {profile.name}: its vector shows another number")


def _play(profile: Profile) -> bytes:
    vector = profile.vector
    masters, numbers = Versions.sole(PlainKey(vector.master)), iter(vector.numbers)
    step: Ask | Shown = begin()
    for ours, its in vector.frames:
        if not isinstance(step, Ask) or step.command != ours:
            raise ValueError("we say something else")
        fresh = next(numbers) if step.state.phase is Phase.CHALLENGE else bytes(BLOCK)
        step = advance(profile, masters, step.state, its, fresh=fresh)
    if not isinstance(step, Shown):
        raise ValueError("it is not over")  # noqa: TRY004  # the vector's value
    return step.uid
