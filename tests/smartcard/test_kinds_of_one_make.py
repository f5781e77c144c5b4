"""Agencies' kinds of card in the operator's folder: cards of one make, told by what is on them."""

import re
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from adapters.contract import Context
from adapters.smartcard import conversation, profiles
from adapters.smartcard.adapter import SmartcardAdapter, create
from adapters.smartcard.conversation import Phase, State
from adapters.smartcard.keys import Versions, derived
from adapters.smartcard.profiles import OWN, Profile
from demo.cards.card import Card
from demo.cards.desfire import ATR
from kernel.errors import Refused
from kernel.settings import SettingsInvalid
from tests import make
from tests.smartcard.cards import CITY_CARD, MASTER, MASTER_BYTES, UID, a_card, key_of
from tests.smartcard.reader import SECRET, Reader

pytestmark = pytest.mark.clause("7(6)1")
TEXT = (OWN / "taipei-card.toml").read_text("utf-8")


def a_file(folder: Path, name: str, application: str, more: str = "") -> None:
    """Write the file of an agency's kind, its vector recorded with a card of software."""
    text = TEXT.replace("f54230", application).replace("key_number = 1", f"key_number = 1\n{more}")
    (folder / f"{name}.toml").write_text(text, "utf-8")
    kind = profiles.read([folder]).by_name[name]
    vector = (folder / f"{name}.toml").read_text("utf-8").partition("frames = [")[0]
    (folder / f"{name}.toml").write_text(f"{vector}frames = {recorded(kind)}\n", "utf-8")


def recorded(kind: Profile) -> list[list[str]]:
    card, numbers = a_card(UID, profile=kind), iter(kind.vector.numbers)
    step: conversation.Ask | conversation.Shown = conversation.begin()
    frames = []
    while isinstance(step, conversation.Ask):
        answer = card.transmit(step.command)
        frames.append([step.command.hex(), answer.hex()])
        fresh = next(numbers) if step.state.phase is Phase.CHALLENGE else bytes(16)
        step = conversation.advance(kind, Versions.sole(MASTER), step.state, answer, fresh=fresh)
    return frames


@pytest.fixture
def adapter(tmp_path: Path) -> SmartcardAdapter:
    for name, application in (("library-card", "f54231"), ("museum-card", "f54232")):
        a_file(tmp_path, name, application)
    return create({"key": SECRET, "demo": True, "card_kinds": tmp_path})


def a_card_of(kind: Profile, *, hides: bool = False) -> Card:
    master = derived(SECRET, kind.name)
    keys = {kind.key_number: master.cmac(b"\1" + kind.material(UID))}
    if kind.number_key is not None:
        keys[kind.number_key] = master.cmac(b"\1" + kind.material(bytes(7)))
    return a_card(profile=kind, hides=hides, keys=keys)


def read(adapter: SmartcardAdapter, card: Card, session: Session) -> str:
    challenge = adapter.begin(Context(origin="https://id.invalid"), now=make.NOON)
    voucher = Reader(adapter, card).read(session, challenge, now=make.NOON)
    return adapter.seen(challenge, {"card": voucher}).kind


@pytest.mark.parametrize("name", ["taipei-card", "library-card", "museum-card"])
def test_a_card_is_of_the_kind_whose_application_it_has(
    adapter: SmartcardAdapter, session: Session, name: str
) -> None:
    kind = adapter.reading.kinds.by_name[name]

    assert kind.fits(ATR)
    assert read(adapter, a_card_of(kind), session) == name


@pytest.mark.refusal("carrier.kind_not_supported")
def test_a_card_with_none_of_them_is_not_supported(
    adapter: SmartcardAdapter, session: Session
) -> None:
    with pytest.raises(Refused, match=r"^carrier\.kind_not_supported$"):
        read(adapter, a_card(application=b"abc"), session)


@pytest.mark.refusal("carrier.card_not_ours")
def test_a_wrong_key_is_no_reason_to_try_another_kind(
    adapter: SmartcardAdapter, session: Session
) -> None:
    card = a_card(keys={CITY_CARD.key_number: key_of(CITY_CARD, UID, master=MASTER_BYTES)})

    with pytest.raises(Refused, match=r"^carrier\.card_not_ours$"):
        read(adapter, card, session)


def test_a_hidden_number_is_asked_only_of_kinds_that_hide_theirs(adapter: SmartcardAdapter) -> None:
    kinds, kind = adapter.reading.kinds, CITY_CARD

    following = kinds.after(kind, ATR, hidden=False)

    assert following is not None
    assert following.name == "library-card"
    assert kinds.after(kind, ATR, hidden=True) is None
    assert kinds.after(kind, b"\x3b\0", hidden=False) is None
    state = State(phase=Phase.CHALLENGE, atr=ATR)
    assert conversation.otherwise(kinds, kind, state, "carrier.kind_not_supported") is None


def test_a_card_that_hides_its_number_is_read_beside_kinds_that_do_not(
    tmp_path: Path, session: Session
) -> None:
    a_file(tmp_path, "museum-card", "f54232", more="number_key = 2")
    adapter = create({"key": SECRET, "demo": True, "card_kinds": tmp_path})
    kind = adapter.reading.kinds.by_name["museum-card"]
    card = a_card_of(kind, hides=True)

    assert read(adapter, card, session) == "museum-card"


@pytest.mark.refusal("carrier.number_is_random")
def test_a_hidden_number_that_no_kind_opens_is_refused(
    adapter: SmartcardAdapter, session: Session
) -> None:
    with pytest.raises(Refused, match=r"^carrier\.number_is_random$"):
        read(adapter, a_card_of(CITY_CARD, hides=True), session)


def test_a_card_known_by_its_number_alone_has_a_make_of_its_own(tmp_path: Path) -> None:
    storage = (OWN / "storage-card.toml").read_text("utf-8")
    same = re.sub(r"atr = .*", f'atr = ["{ATR.hex()}"]', storage)
    (tmp_path / "student-card.toml").write_text(same, "utf-8")

    with pytest.raises(SettingsInvalid, match=r"taipei-card .*another answer to reset"):
        profiles.read([OWN, tmp_path])
