"""Cards of software for the tests, and a reader that plays a conversation with one."""

import itertools
from collections.abc import Callable

from adapters.smartcard import conversation, profiles
from adapters.smartcard.conversation import Ask, Shown
from adapters.smartcard.keys import MasterKey, PlainKey, Versions
from adapters.smartcard.profiles import Profile
from demo.cards.desfire import DesfireCard

MASTER_BYTES = bytes.fromhex("00112233445566778899aabbccddeeff")
MASTER = PlainKey(MASTER_BYTES)
KINDS = profiles.read([profiles.OWN])
CITY_CARD = KINDS.by_name["taipei-card"]
STORAGE = KINDS.by_name["storage-card"]
UID = bytes.fromhex("04782e21801d80")
OTHER_UID = bytes.fromhex("04782e21801d81")


def draw(start: int = 0x40) -> Callable[[int], bytes]:
    """Return a source of numbers that differ from each other and are the same in every test."""
    counter = itertools.count(1)
    return lambda size: bytes((start + next(counter) * 7 + each) % 256 for each in range(size))


def key_of(profile: Profile, uid: bytes, *, master: bytes = MASTER_BYTES) -> bytes:
    """Return the key an issuer writes on a card, computed as a card factory does."""
    return PlainKey(master).cmac(b"\x01" + profile.material(uid))


def a_card(
    uid: bytes = UID, *, profile: Profile = CITY_CARD, hides: bool = False, **changes: object
) -> DesfireCard:
    """Return a card of this kind."""
    keys = {profile.key_number: key_of(profile, uid)}
    if profile.number_key is not None:
        keys[profile.number_key] = key_of(profile, bytes(7))
    made: dict[str, object] = {
        "uid": uid,
        "application": profile.application,
        "keys": keys,
        "draw": draw(),
        "hides_number": hides,
        **changes,
    }
    return DesfireCard(**made)  # type: ignore[arg-type]  # a test changes single parts


def show(
    transmit: Callable[[bytes], bytes],
    *,
    profile: Profile = CITY_CARD,
    master: MasterKey = MASTER,
    masters: Versions | None = None,
    fresh: Callable[[int], bytes] | None = None,
) -> bytes:
    """Lead a card through the conversation and return its number. Raises Refused."""
    fresh = fresh or draw(0x90)
    step: Ask | Shown = conversation.begin()
    while isinstance(step, Ask):
        state = conversation.State.read(step.state.written())
        answer = transmit(step.command)
        keys = masters or Versions.sole(master)
        step = conversation.advance(profile, keys, state, answer, fresh=fresh(16))
    return step.uid
