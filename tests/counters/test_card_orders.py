"""A new card goes from its order to its holder step by step (regulation 7(6)2)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from counters import card_orders, duty
from counters.card_order_models import CardOrder, Delivery, Document, Stage
from counters.card_orders import Made
from counters.duty import Duty
from counters.models import Counter, Matter
from kernel.db import Sessions, transaction
from kernel.errors import NotFound, Refused
from kernel.ids import new_id
from members import recovery
from members.models import Member, Standing
from tests import make
from tests.counters import town
from tests.make import NOON

KEY = bytes(range(32))
MADE = Made(fingerprint="1" * 64, number_hash=bytes(32))
NAME = "陳美 玉"
DAY = timedelta(days=1)


@pytest.fixture
def clerk(session: Session) -> Duty:
    return at_work(session, town.a_town(session, matters=frozenset({Matter.CARDS})))


@pytest.fixture
def mei(session: Session) -> UUID:
    return make.a_member(session, "card.mei").id


def at_work(session: Session, at: town.Town) -> Duty:
    return duty.require(session, at.clerk, at.counter.id, Matter.CARDS, now=NOON)


def ordered(session: Session, clerk: Duty, member_id: UUID, how: Delivery) -> UUID:
    found = card_orders.order(
        session, duty=clerk, member_id=member_id, kind="taipei-card", delivery=how, now=NOON
    )
    return found.id


def produced(
    session: Session, clerk: Duty, member_id: UUID, how: Delivery = Delivery.COUNTER
) -> UUID:
    order_id = ordered(session, clerk, member_id, how)
    card_orders.produce(
        session, order_id, MADE, duty=clerk, printed_name=NAME, member_name=NAME, now=NOON
    )
    return order_id


def ready(session: Session, clerk: Duty, member_id: UUID, how: Delivery = Delivery.COUNTER) -> UUID:
    order_id = produced(session, clerk, member_id, how)
    card_orders.make_ready(session, order_id, duty=clerk, now=NOON)
    return order_id


def hand_over(session: Session, clerk: Duty, order_id: UUID, *, days: int = 0) -> None:
    seen, now = Document.IDENTITY_CARD, NOON + days * DAY
    card_orders.hand_over(session, order_id, duty=clerk, document=seen, now=now)


def activate(session: Session, order_id: UUID, member_id: UUID, code: str = "") -> CardOrder:
    typed = code or recovery.code_of(order_id, key=KEY)
    return card_orders.activate(session, order_id, typed, member_id=member_id, key=KEY, now=NOON)


def code_of(action: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refused:
        action()
    return refused.value.code


def stage_of(session: Session, order_id: UUID) -> Stage:
    return session.get_one(CardOrder, order_id, populate_existing=True).stage


@pytest.mark.clause("7(6)2")
@pytest.mark.clause("8(2)3")
def test_a_card_is_ordered_made_collected_and_activated(
    session: Session, clerk: Duty, mei: UUID
) -> None:
    order_id = ready(session, clerk, mei)
    assert stage_of(session, order_id) is Stage.AT_COUNTER
    hand_over(session, clerk, order_id)

    order = activate(session, order_id, mei)

    assert (order.stage, order.fingerprint) == (Stage.ACTIVATED, MADE.fingerprint)
    assert order.document is Document.IDENTITY_CARD
    assert not card_orders.open_of(session, mei)


@pytest.mark.clause("7(6)2")
def test_a_mailed_card_does_nothing_until_the_code_that_came_another_way(
    session: Session, clerk: Duty, mei: UUID
) -> None:
    at = session.get_one(Counter, clerk.counter_id)
    at.mails_cards = True
    order_id = ready(session, clerk, mei, Delivery.MAIL)
    assert stage_of(session, order_id) is Stage.IN_TRANSIT

    assert code_of(lambda: activate(session, order_id, mei, "0")) == "card.code_wrong"
    assert stage_of(session, order_id) is Stage.IN_TRANSIT
    assert activate(session, order_id, mei).stage is Stage.ACTIVATED


@pytest.mark.clause("7(6)2")
@pytest.mark.refusal("card.mail_not_offered")
def test_where_the_counter_mails_nothing_no_card_is_mailed(
    session: Session, clerk: Duty, mei: UUID
) -> None:
    refused = code_of(lambda: ordered(session, clerk, mei, Delivery.MAIL))

    assert refused == "card.mail_not_offered"


@pytest.mark.clause("7(6)2")
@pytest.mark.refusal("card.pickup_wrong_counter")
def test_a_card_is_collected_where_it_was_ordered(session: Session, clerk: Duty, mei: UUID) -> None:
    order_id = ready(session, clerk, mei)
    elsewhere = replace(clerk, counter_id=new_id())

    refused = code_of(lambda: hand_over(session, elsewhere, order_id))

    assert refused == "card.pickup_wrong_counter"


@pytest.mark.clause("8(2)3")
@pytest.mark.refusal("card.pickup_id_required")
def test_nobody_collects_a_card_without_a_document(
    session: Session, clerk: Duty, mei: UUID
) -> None:
    order_id = ready(session, clerk, mei)

    def without() -> None:
        card_orders.hand_over(session, order_id, duty=clerk, document=None, now=NOON)

    assert code_of(without) == "card.pickup_id_required"


@pytest.mark.clause("7(6)2")
@pytest.mark.refusal("card.pickup_expired")
def test_after_its_last_day_a_card_is_not_handed_over_and_is_destroyed(
    session: Session, clerk: Duty, mei: UUID
) -> None:
    order_id, last = ready(session, clerk, mei), card_orders.KEPT.days

    assert code_of(lambda: hand_over(session, clerk, order_id, days=last + 1)) == (
        "card.pickup_expired"
    )
    assert not card_orders.destroy_overdue(session, now=NOON + last * DAY)
    (gone,) = card_orders.destroy_overdue(session, now=NOON + (last + 1) * DAY)

    assert (gone.id, gone.stage, gone.moved_by) == (order_id, Stage.DESTROYED, None)
    assert not card_orders.destroy_overdue(session, now=NOON + (last + 2) * DAY)


@pytest.mark.clause("7(3)")
@pytest.mark.refusal("carrier.visible_info_mismatch")
def test_a_card_whose_face_names_somebody_else_is_not_entered(
    session: Session, clerk: Duty, mei: UUID
) -> None:
    order_id = ordered(session, clerk, mei, Delivery.COUNTER)

    def another() -> None:
        card_orders.produce(
            session, order_id, MADE, duty=clerk, printed_name="林大明", member_name=NAME, now=NOON
        )

    assert code_of(another) == "carrier.visible_info_mismatch"
    assert stage_of(session, order_id) is Stage.ORDERED


@pytest.mark.refusal("card.ordered_already")
def test_one_card_at_a_time_is_on_its_way_and_another_after_it(
    session: Session, clerk: Duty, mei: UUID
) -> None:
    order_id = ordered(session, clerk, mei, Delivery.COUNTER)

    assert code_of(lambda: ordered(session, clerk, mei, Delivery.COUNTER)) == (
        "card.ordered_already"
    )
    card_orders.destroy(session, order_id, duty=clerk, now=NOON)

    assert ordered(session, clerk, mei, Delivery.COUNTER) != order_id


def test_no_clerk_orders_a_card_for_themselves_or_without_the_matter(
    session: Session, clerk: Duty, mei: UUID
) -> None:
    without = replace(clerk, matters=frozenset({Matter.ACCEPT}))

    assert code_of(lambda: ordered(session, clerk, clerk.member_id, Delivery.COUNTER)) == (
        "case.self_dealing"
    )
    assert code_of(lambda: ordered(session, without, mei, Delivery.COUNTER)) == (
        "counter.function_not_delegated"
    )


def test_a_suspended_member_is_given_no_card(session: Session, clerk: Duty, mei: UUID) -> None:
    member = session.get_one(Member, mei)
    member.standing = Standing.SUSPENDED

    assert code_of(lambda: ordered(session, clerk, mei, Delivery.COUNTER)).startswith("member.")


@pytest.mark.refusal("card.code_wrong")
@pytest.mark.refusal("card.code_locked")
def test_the_code_is_tried_a_few_times_and_then_no_more(
    session: Session, clerk: Duty, mei: UUID
) -> None:
    order_id = ready(session, clerk, mei)
    hand_over(session, clerk, order_id)

    tries = [code_of(lambda: activate(session, order_id, mei, "x")) for _ in range(6)]

    assert tries == ["card.code_wrong"] * card_orders.TRIES + ["card.code_locked"]
    assert code_of(lambda: activate(session, order_id, mei)) == "card.code_locked"


def test_a_code_is_read_however_it_is_typed_and_is_one_cards(
    session: Session, clerk: Duty, mei: UUID
) -> None:
    order_id = ready(session, clerk, mei)
    hand_over(session, clerk, order_id)
    code = recovery.code_of(order_id, key=KEY)

    assert recovery.code_of(order_id, key=bytes(32)) != code
    assert activate(session, order_id, mei, f" {code[:4].lower()} {code[4:]}").stage is (
        Stage.ACTIVATED
    )


def test_a_card_is_its_own_members_alone(session: Session, clerk: Duty, mei: UUID) -> None:
    order_id = ready(session, clerk, mei)

    with pytest.raises(NotFound):
        activate(session, order_id, new_id())
    with pytest.raises(NotFound):
        hand_over(session, clerk, new_id())


def test_no_step_is_left_out_or_done_twice(session: Session, clerk: Duty, mei: UUID) -> None:
    order_id = ordered(session, clerk, mei, Delivery.COUNTER)

    def make_ready() -> None:
        card_orders.make_ready(session, order_id, duty=clerk, now=NOON)

    assert code_of(make_ready) == "case.wrong_state"
    assert code_of(lambda: activate(session, order_id, mei)) == "case.wrong_state"
    assert code_of(lambda: hand_over(session, clerk, order_id)) == "case.wrong_state"
    card_orders.produce(
        session, order_id, MADE, duty=clerk, printed_name=NAME, member_name=NAME, now=NOON
    )
    make_ready()
    hand_over(session, clerk, order_id)
    assert code_of(lambda: hand_over(session, clerk, order_id)) == "case.wrong_state"
    activate(session, order_id, mei)
    assert code_of(lambda: activate(session, order_id, mei)) == "case.wrong_state"

    def destroy() -> None:
        card_orders.destroy(session, order_id, duty=clerk, now=NOON)

    assert code_of(destroy) == "case.wrong_state"


@given(st.sampled_from(Stage))
def test_every_stage_ends_and_what_ended_stays_so(stage: Stage) -> None:
    seen = {stage}
    while grown := {onward for each in seen for onward in card_orders.NEXT[each]} - seen:
        seen |= grown

    assert seen & {Stage.ACTIVATED, Stage.DESTROYED}
    assert stage not in card_orders.NEXT[stage]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_of_two_who_hand_one_card_over_at_once_one_does(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        clerk = at_work(session, town.a_town(session))
        order_id = ready(session, clerk, make.a_member(session, "card.mei").id)

    def attempt(_: int) -> bool:
        try:
            with transaction(sessions) as session:
                hand_over(session, clerk, order_id)
        except Refused:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(attempt, range(2))) == [False, True]
