from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.smartcard import conversation, profiles
from adapters.smartcard.conversation import MOST_FRAMES, Phase, State
from adapters.smartcard.keys import PlainKey, Versions
from demo.cards.desfire import DesfireCard
from demo.cards.storage import RandomNumberCard, StorageCard
from kernel.errors import Refused
from kernel.settings import SettingsInvalid
from tests.smartcard.cards import (
    CITY_CARD,
    KINDS,
    MASTER,
    MASTER_BYTES,
    OTHER_UID,
    STORAGE,
    UID,
    a_card,
    draw,
    key_of,
    show,
)

HIDDEN = replace(CITY_CARD, number_key=2)
MASTERS = Versions.sole(MASTER)


OLD = PlainKey(bytes(range(16)))
TWO = Versions({1: lambda: OLD, 2: lambda: MASTER})


class Counted:
    """Count what is said to a card, and what it answers."""

    def __init__(self, transmit: Callable[[bytes], bytes]) -> None:
        self._transmit = transmit
        self.answers: list[bytes] = []

    def __call__(self, command: bytes) -> bytes:
        self.answers.append(self._transmit(command))
        return self.answers[-1]


def refused(transmit: Callable[[bytes], bytes], **more: object) -> str:
    with pytest.raises(Refused) as caught:
        show(transmit, **more)  # type: ignore[arg-type]  # single parts
    return caught.value.code


def test_a_card_with_its_key_shows_its_number_in_five_frames() -> None:
    reader = Counted(a_card().transmit)

    assert show(reader) == UID
    assert len(reader.answers) == 5


def test_a_card_that_hides_its_number_proves_its_own_key_too() -> None:
    reader = Counted(a_card(profile=HIDDEN, hides=True).transmit)

    assert show(reader, profile=HIDDEN) == UID
    assert len(reader.answers) == MOST_FRAMES - 1


def of_version(number: int, *, hides: bool = False) -> DesfireCard:
    """Return a card that was made from the key of this version."""
    profile, master = (HIDDEN if hides else CITY_CARD), {1: bytes(range(16)), 2: MASTER_BYTES}
    keys = {profile.key_number: key_of(profile, UID, master=master[number])}
    if hides:
        keys[2] = key_of(profile, bytes(7), master=master[number])
    return a_card(profile=profile, hides=hides, keys=keys, key_version=number)


@pytest.mark.parametrize("number", [1, 2])
def test_cards_of_both_versions_are_read_while_there_are_two(number: int) -> None:
    reader, hidden = (
        Counted(of_version(number).transmit),
        Counted(of_version(number, hides=True).transmit),
    )

    assert show(reader, masters=TWO) == show(hidden, profile=HIDDEN, masters=TWO) == UID
    assert (len(reader.answers), len(hidden.answers)) == (6, MOST_FRAMES)


@pytest.mark.refusal("carrier.card_not_ours")
def test_a_card_of_a_version_that_was_retired_is_read_no_more() -> None:
    only_new = Versions({2: lambda: MASTER})

    assert refused(of_version(1).transmit, masters=only_new) == "carrier.card_not_ours"


def test_what_a_card_says_of_its_version_must_be_proven_still() -> None:
    liar = a_card(key_version=1)  # made from the second
    unknown = a_card(key_version=9)

    assert refused(liar.transmit, masters=TWO) == "carrier.card_not_ours"
    assert refused(unknown.transmit, masters=TWO) == "carrier.card_not_ours"


@pytest.mark.refusal("carrier.kind_not_supported")
def test_a_kind_without_a_master_key_is_read_no_further() -> None:
    assert refused(a_card().transmit, masters=Versions({})) == "carrier.kind_not_supported"


@pytest.mark.refusal("carrier.card_not_ours")
def test_the_common_key_alone_proves_nobody() -> None:
    keys = {2: key_of(HIDDEN, bytes(7)), 1: bytes(16)}

    card = a_card(profile=HIDDEN, hides=True, keys=keys)

    assert refused(card.transmit, profile=HIDDEN) == "carrier.card_not_ours"


def test_a_storage_card_shows_its_number_and_nothing_else() -> None:
    reader = Counted(StorageCard(UID).transmit)

    assert show(reader, profile=STORAGE) == UID
    assert len(reader.answers) == 1


@pytest.mark.clause("7(6)1")
@pytest.mark.refusal("carrier.number_is_random")
def test_a_number_made_anew_each_time_names_no_card() -> None:
    card = RandomNumberCard(draw())
    first = card.number()
    card.reset()

    assert card.number() != first
    assert refused(card.transmit, profile=STORAGE) == "carrier.number_is_random"
    assert refused(card.transmit) == "carrier.number_is_random"


@pytest.mark.parametrize("uid", [b"", b"\4", bytes(5), bytes(10), bytes(200)])
def test_a_number_of_another_length_is_refused(uid: bytes) -> None:
    transmit = StorageCard(uid).transmit

    assert refused(transmit, profile=STORAGE) == "carrier.kind_not_supported"


def test_a_card_with_another_key_is_refused() -> None:
    card = a_card(keys={1: bytes(16)})

    assert refused(card.transmit) == "carrier.card_not_ours"


def test_a_key_taken_from_one_card_opens_no_other() -> None:
    card = a_card(OTHER_UID, keys={1: key_of(CITY_CARD, UID)})

    assert refused(card.transmit) == "carrier.card_not_ours"


def test_a_server_with_another_master_key_believes_no_card() -> None:
    assert refused(a_card().transmit, master=PlainKey(bytes(16))) == "carrier.card_not_ours"


def test_a_card_of_another_application_is_not_supported() -> None:
    assert refused(a_card(application=b"abc").transmit) == "carrier.kind_not_supported"


def test_a_storage_card_passes_for_no_other() -> None:
    assert refused(StorageCard(UID).transmit) == "carrier.kind_not_supported"


def test_a_recorded_conversation_cannot_be_played_again() -> None:
    heard = Counted(a_card().transmit)
    show(heard)
    tape = iter(heard.answers)

    assert refused(lambda _: next(tape), fresh=draw(0x11)) == "carrier.card_not_ours"


@pytest.mark.parametrize("swapped_after", [1, 2, 3, 4])
def test_a_card_swapped_on_the_way_is_refused(swapped_after: int) -> None:
    first, second, said = a_card(), a_card(OTHER_UID, draw=draw(0x77)), Counted(lambda _: b"")

    def transmit(command: bytes) -> bytes:
        said(command)
        return (first if len(said.answers) <= swapped_after else second).transmit(command)

    assert refused(transmit).startswith("carrier.")


@pytest.mark.parametrize("removed_after", [0, 1, 2, 3, 4])
def test_a_card_taken_away_is_refused(removed_after: int) -> None:
    card, said = a_card(), Counted(lambda _: b"")

    def transmit(command: bytes) -> bytes:
        said(command)
        return card.transmit(command) if len(said.answers) <= removed_after else b""

    assert refused(transmit) == "carrier.not_readable"


def test_another_number_under_the_proof_is_refused() -> None:
    """A card with the right key for the number in the air, and another number inside."""
    card = a_card(OTHER_UID, keys={1: key_of(CITY_CARD, UID)})

    def transmit(command: bytes) -> bytes:
        answer = card.transmit(command)
        return UID + b"\x90\0" if command == conversation.READ_NUMBER else answer

    assert refused(transmit) == "carrier.card_not_ours"


@pytest.mark.parametrize("frame", range(5))
@settings(max_examples=40)
@given(data=st.data())
def test_one_flipped_bit_anywhere_is_refused(frame: int, data: st.DataObject) -> None:
    card, said = a_card(), Counted(lambda _: b"")

    def transmit(command: bytes) -> bytes:
        said(command)
        answer = bytearray(card.transmit(command))
        if len(said.answers) == frame + 1:
            bit = data.draw(st.integers(0, 8 * len(answer) - 1))
            answer[bit // 8] ^= 1 << bit % 8
        return bytes(answer)

    # The twelve bytes of capabilities say nothing we rely on, and no MAC covers them.
    shown = None
    with suppress(Refused):
        shown = show(transmit)

    assert shown is None or (shown == UID and frame == 3)


states = st.builds(
    State,
    phase=st.sampled_from(Phase),
    uid=st.sampled_from([b"", UID]),
    version=st.sampled_from([b"\0", b"\1"]),
    rnd_a=st.binary(min_size=16, max_size=16),
    rnd_b=st.binary(min_size=16, max_size=16),
    ti=st.binary(min_size=4, max_size=4),
    enc=st.binary(min_size=16, max_size=16),
    mac=st.binary(min_size=16, max_size=16),
)
statuses = st.sampled_from([b"\x90\0", b"\x91\0", b"\x91\xaf", b"\x91\xae", b""])


@settings(max_examples=2_000)
@given(
    played=st.tuples(st.sampled_from([CITY_CARD, HIDDEN]), states)
    | st.tuples(st.just(STORAGE), st.just(State())),
    masters=st.sampled_from([MASTERS, TWO, Versions({})]),
    body=st.binary(max_size=300) | st.binary(min_size=16, max_size=16),
    status=statuses,
)
def test_no_answer_breaks_a_conversation(
    played: tuple[profiles.Profile, State], masters: Versions, body: bytes, status: bytes
) -> None:
    profile, state = played
    with suppress(Refused):
        conversation.advance(profile, masters, state, body + status, fresh=bytes(16))


def test_a_padding_that_is_none_is_not_read() -> None:
    """A card of the right key that does not keep to the form."""
    keys = (b"\1" * 16, b"\2" * 16)
    state = State(phase=Phase.TRUE_NUMBER, uid=UID, ti=bytes(4), enc=keys[0], mac=keys[1])
    sealed = PlainKey(keys[0]).encrypt(bytes(16))
    mac = PlainKey(keys[1]).cmac(b"\0\1\0" + bytes(4) + sealed)[1::2]

    with pytest.raises(Refused, match=r"^carrier\.not_readable$"):
        conversation.advance(CITY_CARD, MASTERS, state, sealed + mac + b"\x91\0", fresh=b"")


def test_a_true_number_that_is_another_is_refused() -> None:
    state = State(phase=Phase.TRUE_NUMBER, uid=OTHER_UID, ti=bytes(4), enc=bytes(16), mac=bytes(16))
    key = PlainKey(bytes(16))
    iv = key.encrypt(b"\x5a\xa5" + bytes(4) + b"\1\0" + bytes(8))
    sealed = key.encrypt(UID + b"\x80" + bytes(8), iv=iv)
    mac = key.cmac(b"\0\1\0" + bytes(4) + sealed)[1::2]

    with pytest.raises(Refused, match=r"^carrier\.card_not_ours$"):
        conversation.advance(CITY_CARD, MASTERS, state, sealed + mac + b"\x91\0", fresh=b"")


def test_the_kinds_of_card_we_ship_play_their_vectors() -> None:
    conversation.require_sound(KINDS)


@pytest.mark.parametrize(
    "changes",
    [
        {"master": bytes(16)},
        {"uid": OTHER_UID},
        {"numbers": ()},
        {"numbers": (bytes(16),)},
        {"frames": CITY_CARD.vector.frames[:-1]},
        {"frames": (*CITY_CARD.vector.frames, (b"", b""))},
        {"frames": ((b"\0", b"\0"), *CITY_CARD.vector.frames[1:])},
        {"master": b""},
    ],
)
def test_a_vector_that_comes_out_otherwise_is_not_accepted(changes: dict[str, object]) -> None:
    vector = replace(CITY_CARD.vector, **changes)  # type: ignore[arg-type]  # single parts
    kinds = profiles.Profiles({"x": replace(CITY_CARD, vector=vector)})

    with pytest.raises(SettingsInvalid, match="vector"):
        conversation.require_sound(kinds)
