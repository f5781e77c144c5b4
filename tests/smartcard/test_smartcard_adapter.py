from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from adapters.contract import Challenge, Context, NotProven, Proof, ProofKind
from adapters.smartcard import enrolment, talks
from adapters.smartcard.adapter import create
from adapters.smartcard.conversation import MOST_FRAMES
from adapters.smartcard.models import Card, CardTalk
from adapters.smartcard.profiles import Profiles
from adapters.smartcard.reading import Command
from carriers import bindings
from carriers.models import Binding, CarrierKind, Suspension
from demo.cards import storage
from demo.cards.storage import StorageCard
from idp.acr import ACR
from kernel.db import Sessions, transaction
from kernel.errors import Refused
from kernel.settings import SettingsInvalid
from tests import make
from tests.smartcard.cards import CITY_CARD, OTHER_UID, UID, a_card
from tests.smartcard.reader import Reader, a_city_card, an_adapter, voucher

HERE = Context(origin="https://id.invalid")
ADAPTER = an_adapter()
SHORT = bytes.fromhex("a1b2c3d4")
CITY, STORED = "taipei-card", "storage-card"


def ask(now: datetime) -> Challenge:
    return ADAPTER.begin(HERE, now=now)


def bind(
    session: Session,
    member_id: UUID,
    *,
    kind: str = CITY,
    uid: bytes = UID,
    now: datetime = make.NOON,
) -> Binding:
    challenge = ask(now)
    answer = {"card": voucher(ADAPTER, kind, uid, nonce=challenge.nonce)}
    known: dict[str, Any] = {"member_id": member_id, "name": "My card", "acr": ACR[0]}
    return enrolment.finish(session, ADAPTER, challenge, answer, now=now, **known)


def show(
    session: Session, now: datetime, *, kind: str = CITY, uid: bytes = UID, **more: str
) -> Proof:
    challenge = ask(now)
    answer = {"card": voucher(ADAPTER, kind, uid, nonce=challenge.nonce), **more}
    return ADAPTER.verify(session, HERE, challenge, answer, now=now)


def reason(act: Callable[[], object]) -> str:
    with pytest.raises(NotProven) as refused:
        act()
    assert refused.value.code == "login.failed"
    return refused.value.reason


@pytest.mark.clause("2(3)")
def test_a_card_that_holds_its_key_proves_whose_it_is(session: Session, now: datetime) -> None:
    member = make.a_member(session)
    binding = bind(session, member.id)
    challenge = ask(now)
    read = Reader(ADAPTER, a_city_card(ADAPTER)).read(session, challenge, now=now)

    proof = ADAPTER.verify(session, HERE, challenge, {"card": read}, now=now)

    assert proof == Proof(
        member_id=member.id,
        kind=ProofKind.SYMMETRIC,
        hardware=True,
        at=now,
        carrier_id=binding.id,
    )
    assert binding.kind is CarrierKind.CARD


@pytest.mark.clause("7(6)1")
def test_a_storage_card_says_whose_password_is_meant_and_proves_nothing(
    session: Session, now: datetime
) -> None:
    member = make.a_member(session)
    bind(session, member.id, kind=STORED)

    proof = show(session, now, kind=STORED)

    assert (proof.member_id, proof.kind) == (member.id, ProofKind.IDENTIFIER)
    assert {proof.hardware, proof.holder_verified, proof.origin_bound} == {False}


def test_a_copy_of_a_storage_card_is_taken_for_the_card(session: Session, now: datetime) -> None:
    """That is why it opens nothing: whoever stood near it can make one."""
    member = make.a_member(session)
    original, copy = StorageCard(UID), StorageCard(UID)
    answers: list[Proof] = []
    for card in (original, copy):
        challenge = ask(now)
        read = Reader(ADAPTER, card).read(session, challenge, now=now)
        if not answers:
            bind(session, member.id, kind=STORED)
        answers.append(ADAPTER.verify(session, HERE, challenge, {"card": read}, now=now))

    assert answers[0] == answers[1]
    assert answers[1].kind is ProofKind.IDENTIFIER


def test_a_card_with_a_key_is_not_found_by_its_number_alone(
    session: Session, now: datetime
) -> None:
    bind(session, make.a_member(session).id)

    assert reason(lambda: show(session, now, kind=STORED)) == "card.unknown"


def test_two_members_with_one_short_number_are_told_apart_by_name(
    session: Session, now: datetime
) -> None:
    mei, hua = make.a_member(session), make.a_member(session, "ah.hua")
    for member in (mei, hua):
        bind(session, member.id, kind=STORED, uid=SHORT)

    def shown(**more: str) -> Proof:
        return show(session, now, kind=STORED, uid=SHORT, **more)

    assert reason(shown) == "card.ambiguous"
    assert shown(login="AH.HUA").member_id == hua.id
    assert reason(lambda: shown(login="somebody")) == "card.unknown"


@pytest.mark.refusal("carrier.already_bound")
def test_a_number_that_is_unique_is_one_members(session: Session) -> None:
    mei, hua = make.a_member(session), make.a_member(session, "ah.hua")
    bind(session, mei.id)
    bind(session, hua.id, uid=OTHER_UID)

    with pytest.raises(Refused, match=r"^carrier\.already_bound$"):
        bind(session, hua.id)


@pytest.mark.clause("7(7)")
def test_a_lost_card_is_refused_at_once_and_never_bound_again(
    session: Session, now: datetime
) -> None:
    member = make.a_member(session)
    binding = bind(session, member.id)
    assert ADAPTER.is_held_by(session, member.id)

    bindings.suspend(session, binding, Suspension.LOST, actor=member.id, now=now)

    assert reason(lambda: show(session, now)) == "carrier.reported_lost"
    assert not ADAPTER.is_held_by(session, member.id)
    with pytest.raises(Refused, match=r"^carrier\.reported_lost$"):
        bind(session, make.a_member(session, "ah.hua").id)


def test_only_a_card_with_a_key_counts_as_held(session: Session) -> None:
    member = make.a_member(session)
    bind(session, member.id, kind=STORED)

    assert not ADAPTER.is_held_by(session, member.id)


def test_a_kind_that_is_no_longer_known_proves_nothing(session: Session, now: datetime) -> None:
    bind(session, make.a_member(session).id)
    challenge = ask(now)
    answer = {"card": voucher(ADAPTER, CITY, UID, nonce=challenge.nonce)}
    forgetful = create({"key": make.KEYRING.derive("adapter/smartcard/v1")})
    forgetful.reading = replace(forgetful.reading, kinds=Profiles({}))

    verify = forgetful.verify

    assert reason(lambda: verify(session, HERE, challenge, answer, now=now)) == "card.kind_unknown"


def test_the_number_of_a_card_is_kept_nowhere(session: Session) -> None:
    bind(session, make.a_member(session).id)

    kept = session.scalars(select(Card)).one()

    assert UID not in kept.number_hash
    assert len(kept.number_hash) == 32


@pytest.mark.refusal("carrier.not_readable")
def test_a_card_that_was_not_read_is_not_bound(session: Session, now: datetime) -> None:
    member, challenge = make.a_member(session), ask(now)
    another = voucher(ADAPTER, CITY, UID, nonce=ask(now).nonce)
    known: dict[str, Any] = {"member_id": member.id, "name": "", "acr": ACR[0], "now": now}

    for card in ("", "nonsense", "é", another):
        with pytest.raises(Refused, match=r"^carrier\.not_readable$"):
            enrolment.finish(session, ADAPTER, challenge, {"card": card}, **known)


def test_without_a_key_there_is_no_adapter() -> None:
    with pytest.raises(SettingsInvalid, match="key"):
        create({})


# Conversations


def begin(session: Session, now: datetime, atr: bytes = storage.ATR) -> Challenge:
    challenge = ask(now)
    ADAPTER.reading.start(session, challenge, atr.hex(), now=now)
    return challenge


def answer_with(session: Session, challenge: Challenge, text: str, now: datetime) -> object:
    nonce = challenge.nonce
    taken = talks.take(session, nonce, now=now)
    return ADAPTER.reading.go_on(session, nonce, taken, text)


@pytest.mark.refusal("challenge.expired")
def test_a_nonce_has_one_conversation(session: Session, now: datetime) -> None:
    challenge = begin(session, now)

    with pytest.raises(Refused, match=r"^challenge\.expired$"):
        ADAPTER.reading.start(session, challenge, storage.ATR.hex(), now=now)


def test_a_conversation_lasts_two_minutes(session: Session, now: datetime) -> None:
    challenge = begin(session, now)

    with pytest.raises(Refused, match=r"^challenge\.expired$"):
        talks.take(session, challenge.nonce, now=now + timedelta(minutes=2))


def test_a_conversation_has_eight_frames(session: Session, now: datetime) -> None:
    challenge = begin(session, now)
    for _ in range(MOST_FRAMES):
        talks.take(session, challenge.nonce, now=now)

    with pytest.raises(Refused, match=r"^challenge\.expired$"):
        talks.take(session, challenge.nonce, now=now)


def test_after_a_refusal_the_conversation_is_over(session: Session, now: datetime) -> None:
    challenge = begin(session, now)
    with pytest.raises(Refused, match=r"^carrier\.kind_not_supported$"):
        answer_with(session, challenge, "6a82", now)

    with pytest.raises(Refused, match=r"^challenge\.expired$"):
        answer_with(session, challenge, f"{UID.hex()}9000", now)


def test_a_conversation_nobody_began_has_no_steps(session: Session, now: datetime) -> None:
    with pytest.raises(Refused, match=r"^challenge\.expired$"):
        talks.take(session, "nothing", now=now)


def test_a_kind_dropped_on_the_way_is_not_supported(session: Session, now: datetime) -> None:
    challenge = begin(session, now)
    taken = talks.take(session, challenge.nonce, now=now)

    with pytest.raises(Refused, match=r"^carrier\.kind_not_supported$"):
        ADAPTER.reading.go_on(session, challenge.nonce, replace(taken, kind="x"), "9000")


def test_a_step_is_taken_by_one_of_many(sessions: Sessions, now: datetime) -> None:
    card = a_city_card(ADAPTER)
    with transaction(sessions) as own:
        challenge = begin(own, now, card.atr)
    number = card.transmit(bytes.fromhex("ffca000000")).hex()

    def attempt(_: int) -> bool:
        try:
            with transaction(sessions) as burning:
                taken = talks.take(burning, challenge.nonce, now=now)
            with transaction(sessions) as session:
                ADAPTER.reading.go_on(session, challenge.nonce, taken, number)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(attempt, range(4)))

    assert sum(won) == 1


def test_what_a_conversation_keeps_is_sealed(session: Session, now: datetime) -> None:
    card = a_city_card(ADAPTER)
    challenge = begin(session, now, card.atr)
    answer_with(session, challenge, card.transmit(bytes.fromhex("ffca000000")).hex(), now)

    kept = session.scalars(select(CardTalk)).one()

    assert UID not in kept.state_sealed
    assert b"phase" not in kept.state_sealed


@settings(max_examples=300)
@given(
    atr=st.binary(max_size=40).map(bytes.hex) | st.text() | st.just(CITY_CARD.atrs[0]),
    answers=st.lists(
        st.binary(max_size=300).map(bytes.hex)
        | st.text()
        | st.sampled_from([f"{UID.hex()}9000", "9100", f"{'00' * 16}91af", f"{'00' * 32}9100"]),
        min_size=1,
        max_size=9,
    ),
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_program_beside_a_reader_breaks_the_server(
    session: Session, now: datetime, atr: str, answers: list[str]
) -> None:
    challenge = ask(now)
    vouched = False
    try:
        step: object = ADAPTER.reading.start(session, challenge, atr, now=now)
        for answer in answers:
            step = answer_with(session, challenge, answer, now)
            vouched = vouched or not isinstance(step, Command)
    except Refused as refused:
        expected = ("carrier.", "challenge.expired")
        assert refused.code.startswith(expected)  # noqa: PT017  # refused or not, nothing else
    # Without the card's key, the most that comes out is a number that proves nothing.
    assert not vouched or atr != CITY_CARD.atrs[0]


def test_another_installations_card_is_refused(session: Session, now: datetime) -> None:
    foreign = a_card()

    with pytest.raises(Refused, match=r"^carrier\.card_not_ours$"):
        Reader(ADAPTER, foreign).read(session, ask(now), now=now)
    assert session.scalar(select(func.count()).select_from(CardTalk)) == 1
