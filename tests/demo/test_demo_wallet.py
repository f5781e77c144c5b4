"""The personas' cards: the same each time, known to the provider, laid on the demo's reader."""

from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from adapters.agent.readers import State
from carriers import bindings
from carriers.models import Binding, CarrierKind, Suspension
from demo import authority, binding, city, desk, wallet
from demo.cards.piv import PivCard
from demo.cards.storage import StorageCard
from demo.desk import Desk
from demo.wallet import Owned
from members import register
from tests.demo.test_demo_seed import settle
from tests.make import KEYRING, NOON
from tests.smartcard.cards import CITY_CARD, show

CARDS = wallet.owned()


def one(kind: str) -> Owned:
    return next(each for each in CARDS if each.kind == kind)


def carried(session: Session, login: str) -> list[CarrierKind]:
    member = register.find_by_login(session, login)
    assert member is not None
    return [each.kind for each in bindings.live(session, member.id)]


def test_every_card_is_of_a_known_kind_and_has_a_number_of_its_own() -> None:
    assert {each.kind for each in CARDS} == wallet.LABELS.keys()
    assert len({each.uid for each in CARDS}) == len(CARDS)


def test_whoever_makes_a_card_makes_the_same() -> None:
    first, second = (wallet.made(one("chip-card"), now=NOON) for _ in range(2))

    assert isinstance(first, PivCard)
    assert isinstance(second, PivCard)
    assert first.key.private_numbers() == second.key.private_numbers()


def test_the_providers_own_keys_open_the_citys_card() -> None:
    card, master = one("city-card"), wallet.adapter().reading.masters.derived(CITY_CARD.name)

    assert show(wallet.made(card, now=NOON).transmit, master=master) == card.uid


def test_the_cards_are_bound_once_and_what_was_lost_stays_lost(session: Session) -> None:
    settle(session)
    assert carried(session, "ji.wu") == [CarrierKind.CARD]
    assert carried(session, "minh.nguyen") == [CarrierKind.CARD]
    assert carried(session, "daming.wang") == []
    for each in session.scalars(select(Binding)):
        bindings.suspend(session, each, Suspension.LOST, actor=each.member_id, now=NOON)

    settle(session)

    assert carried(session, "ji.wu") == [CarrierKind.CARD]
    assert not any(each.is_usable for each in session.scalars(select(Binding)))


def test_certificates_are_bound_once_and_told_good(session: Session, tmp_path: Path) -> None:
    settle(session)
    pins = authority.pin(tmp_path, wallet.authority_key(), now=NOON)

    for _ in range(2):
        binding.bind_certificates(session, KEYRING, pins, now=NOON)

    assert carried(session, "ji.wu").count(CarrierKind.CERTIFICATE) == 1


def test_who_is_not_there_gets_no_card(session: Session) -> None:
    binding.settle(session, KEYRING, origin="https://id.invalid", now=NOON)

    assert session.scalars(select(Binding)).all() == []


def test_the_reader_holds_what_its_file_says(tmp_path: Path) -> None:
    reader = Desk(tmp_path, {"ticket": StorageCard(b"\4\1\2\3\4\5\6")})
    assert [each.state for each in reader.seen()] == [State.EMPTY]

    desk.put(tmp_path, "ticket")
    assert [each.state for each in reader.seen()] == [State.CARD]
    desk.put(tmp_path, "")

    assert [each.state for each in reader.seen()] == [State.EMPTY]


def test_waiting_ends_when_a_card_is_laid_on_the_reader(tmp_path: Path) -> None:
    reader = Desk(tmp_path, {"ticket": StorageCard(b"\4\1\2\3\4\5\6")})
    reader.seen()
    laying = Thread(target=desk.put, args=(tmp_path, "ticket"))
    laying.start()

    reader.wait(60)

    laying.join()
    assert desk.lying(tmp_path) == "ticket"


@pytest.mark.parametrize("persona", [each for each in city.personas() if each.cards])
def test_who_carries_a_card_may_sign_in(persona: city.Persona) -> None:
    assert persona.standing == "active"
