"""Offers: put forward with a document, approved with another, answered with yes or no only."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from threading import Barrier, Thread
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from clients.models import Client
from kernel.db import Sessions, transaction
from kernel.errors import NotFound, Refused
from members import register
from members.models import Member
from services import activations, offers, populations
from services.models import Activation, Offer
from tests import make
from tests.make import NOON
from tests.services.city import (
    RULE,
    TERMS,
    TODAY,
    an_agency,
    approved,
    figures,
    noted,
    publish,
    purpose_of,
    submitted,
)


@pytest.fixture
def agency(session: Session) -> Client:
    figures(session)
    return an_agency(session)


@pytest.fixture
def shop(session: Session, agency: Client) -> Client:
    return make.a_shop(session)


def answer(
    session: Session, shop: Client, member: Member, *, now: datetime = NOON, **held: object
) -> bool:
    return offers.answer(
        session, purpose_id=purpose_of(shop), member_id=member.id, held=held, now=now
    )


@pytest.mark.clause("10(4)")
def test_age_and_card_give_the_same_yes(session: Session, agency: Client, shop: Client) -> None:
    approved(session, shop)
    old, holder = make.a_member(session, "old"), make.a_member(session, "holder")
    noted(session, agency, holder)

    assert answer(session, shop, old, birthdate="1950-01-01") is True
    assert answer(session, shop, holder, birthdate="1990-01-01") is True


@pytest.mark.clause("10-II")
def test_unknown_disputed_and_no_are_all_not_confirmed(
    session: Session, agency: Client, shop: Client
) -> None:
    approved(session, shop)
    unknown, refused, disputing = (
        make.a_member(session, name) for name in ("unknown", "refused", "disputing")
    )
    noted(session, agency, refused, state=Activation.NOT_ACTIVATED)
    noted(session, agency, disputing)
    activations.dispute(session, "senior_card", member_id=disputing.id, now=NOON)

    answers = [answer(session, shop, each) for each in (unknown, refused, disputing)]

    assert answers == [False, False, False]


@pytest.mark.refusal("flow.purpose_not_offer")
@pytest.mark.parametrize(
    "moment",
    [
        datetime(2025, 12, 31, 15, 59, 59, tzinfo=UTC),
        datetime(2026, 12, 31, 16, 0, 0, tzinfo=UTC),
    ],
    ids=["the second before its first day", "the second after its last day"],
)
def test_outside_its_days_in_taipei_an_offer_is_not_answered(
    session: Session, shop: Client, moment: datetime
) -> None:
    approved(session, shop)
    mei = make.a_member(session)

    with pytest.raises(Refused, match="purpose_not_offer"):
        answer(session, shop, mei, now=moment)
    assert answer(session, shop, mei, now=datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC)) is False


def test_an_offer_that_is_not_approved_is_not_answered(session: Session, shop: Client) -> None:
    submitted(session, shop)

    with pytest.raises(Refused, match="purpose_not_offer"):
        answer(session, shop, make.a_member(session))


def test_a_new_version_takes_the_place_of_the_old(session: Session, shop: Client) -> None:
    first = approved(session, shop)
    second = approved(session, shop, rule={"age_at_least": 65})

    session.refresh(first)
    assert (first.version, second.version) == (1, 2)
    assert first.ended_at is not None


@pytest.mark.clause("6(4)")
def test_a_version_ends_the_one_that_waits_and_not_what_is_in_force(
    session: Session, shop: Client
) -> None:
    in_force, waited = approved(session, shop), submitted(session, shop)
    beside = submitted(session, shop, "second-cup")

    newest = submitted(session, shop)

    for each in (in_force, waited, beside):
        session.refresh(each)
    assert waited.ended_at == NOON
    assert [each.ended_at for each in (in_force, beside, newest)] == [None] * 3
    with pytest.raises(Refused, match="already_decided"):
        _approve(session, waited.id)


@pytest.mark.clause("6(4)")
@pytest.mark.refusal("offer.already_decided")
def test_what_was_ended_while_it_waited_ends_nothing_before_it(
    session: Session, shop: Client
) -> None:
    in_force, waited = approved(session, shop), submitted(session, shop)
    offers.withdraw(session, waited.id, now=NOON)

    with pytest.raises(Refused, match="already_decided"):
        _approve(session, waited.id)
    session.refresh(in_force)
    assert in_force.ended_at is None


def test_a_withdrawn_offer_is_not_answered(session: Session, shop: Client) -> None:
    offers.withdraw(session, approved(session, shop).id, now=NOON)

    with pytest.raises(Refused, match="purpose_not_offer"):
        answer(session, shop, make.a_member(session))


REFUSED: dict[str, tuple[str, Callable[[Session, Client], object]]] = {
    "no offer": (
        "flow.purpose_not_offer",
        lambda session, shop: submitted(session, shop, "membership"),
    ),
    "backwards": (
        "offer.period_invalid",
        lambda session, shop: submitted(session, shop, valid_until=date(2025, 1, 1)),
    ),
    "no document": (
        "publish.document_no_missing",
        lambda session, shop: submitted(session, shop, document_number=" "),
    ),
    "endless document": (
        "publish.document_no_missing",
        lambda session, shop: submitted(session, shop, document_number="1" * 101),
    ),
    "no rule": (
        "offer.rule_invalid",
        lambda session, shop: submitted(session, shop, rule={"activated": "nothing_we_know"}),
    ),
    "twice approved": (
        "offer.already_decided",
        lambda session, shop: _approve(session, approved(session, shop).id),
    ),
    "twice withdrawn": (
        "offer.already_decided",
        lambda session, shop: _withdraw_twice(session, approved(session, shop).id),
    ),
    "unknown": ("offer.not_found", lambda session, _shop: _approve(session, UUID(int=1))),
}


def _approve(session: Session, offer_id: UUID) -> None:
    offers.approve(session, offer_id, approval_number="1", smallest=1, now=NOON)


def _withdraw_twice(session: Session, offer_id: UUID) -> None:
    for _ in range(2):
        offers.withdraw(session, offer_id, now=NOON)


@pytest.mark.clause("6(4)")
@pytest.mark.parametrize(("code", "act"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_offer_is_refused(
    session: Session, shop: Client, code: str, act: Callable[[Session, Client], object]
) -> None:
    with pytest.raises((Refused, NotFound)) as refused:
        act(session, shop)

    assert refused.value.code == code


@pytest.mark.clause("10(4)")
@pytest.mark.refusal("flow.small_population")
@pytest.mark.parametrize(
    "rule",
    [
        {"activated": "low_income"},
        {"all_of": [{"age_at_least": 65}, {"activated": "senior_card"}]},
        {"age_at_least": 97},
        {"any_of": [{"age_at_least": 1}, {"age_at_least": 65}]},
    ],
    ids=["few", "an overlap nobody counted", "no figure", "nearly everybody"],
)
def test_an_offer_that_singles_people_out_is_not_approved(
    session: Session, shop: Client, rule: dict[str, object]
) -> None:
    with pytest.raises(Refused, match="small_population"):
        approved(session, shop, rule=rule)


@pytest.mark.clause("10(4)")
def test_two_offers_of_one_shop_must_not_tell_a_few_apart(session: Session, shop: Client) -> None:
    approved(session, shop)
    beside = {"any_of": [*RULE["any_of"], {"activated": "low_income"}]}

    with pytest.raises(Refused, match="small_population"):
        approved(session, shop, "second-cup", rule=beside)


@pytest.mark.clause("10(4)")
def test_a_year_of_age_between_two_offers_is_a_group_too(session: Session, shop: Client) -> None:
    publish(session, '{"age_at_least":66}', 1_990)
    approved(session, shop, rule={"age_at_least": 65})

    with pytest.raises(Refused, match="small_population"):
        approved(session, shop, "second-cup", rule={"age_at_least": 66})


def at_once(*acts: Callable[[], object]) -> None:
    """Let several begin at the same moment, each on a connection of its own."""
    start = Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        start.wait()
        act()

    threads = [Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_two_approvals_for_one_merchant_wait_for_one_another(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        figures(session)
        publish(session, '{"age_at_least":66}', 1_990)
        shop = make.a_shop(session)
        waiting = [
            submitted(session, shop, code, rule={"age_at_least": years}).id
            for code, years in (("senior-10-percent", 65), ("second-cup", 66))
        ]
    outcomes: list[str] = []

    def approve(offer_id: UUID) -> None:
        try:
            with transaction(sessions) as session:
                offers.approve(session, offer_id, approval_number="1", smallest=50, now=NOON)
        except Refused as refused:
            outcomes.append(refused.code)
        else:
            outcomes.append("approved")

    at_once(*(partial(approve, each) for each in waiting))

    assert sorted(outcomes) == ["approved", "flow.small_population"]


def test_of_two_versions_put_forward_at_once_one_waits(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        an_agency(session)
        purpose_id = purpose_of(make.a_shop(session))

    def put_forward() -> None:
        with transaction(sessions) as session:
            offers.submit(session, purpose_id, TERMS, now=NOON)

    at_once(put_forward, put_forward)

    with transaction(sessions) as session:
        versions = session.scalars(select(Offer).order_by(Offer.version)).all()
        assert [(each.version, each.ended_at) for each in versions] == [(1, NOON), (2, None)]


def test_what_is_approved_while_a_version_is_put_forward_is_in_force_or_refused(
    sessions: Sessions,
) -> None:
    with transaction(sessions) as session:
        figures(session)
        an_agency(session)
        waiting = submitted(session, make.a_shop(session))
    outcomes: list[str] = []

    def put_forward() -> None:
        with transaction(sessions) as session:
            offers.submit(session, waiting.purpose_id, TERMS, now=NOON)

    def approve() -> None:
        try:
            with transaction(sessions) as session:
                offers.approve(session, waiting.id, approval_number="1", smallest=50, now=NOON)
        except Refused as refused:
            outcomes.append(refused.code)
        else:
            outcomes.append("approved")

    at_once(put_forward, approve)

    with transaction(sessions) as session:
        first, second = session.scalars(select(Offer).order_by(Offer.version)).all()
        is_approved = outcomes == ["approved"]
        assert is_approved or outcomes == ["offer.already_decided"]
        assert (first.approved_at is not None, first.ended_at is None) == (is_approved, is_approved)
        assert (second.approved_at, second.ended_at) == (None, None)


@pytest.mark.clause("10-II")
def test_a_disputed_note_is_not_counted(session: Session, agency: Client, shop: Client) -> None:
    for n in range(3):
        noted(session, agency, make.a_member(session, f"reader{n}"), "library_card")
    reader = register.find_by_login(session, "reader0")
    assert reader is not None
    activations.dispute(session, "library_card", member_id=reader.id, now=NOON)
    offer = submitted(session, shop, rule={"activated": "library_card"})

    with pytest.raises(Refused, match="small_population"):
        populations.require_large(session, offer, smallest=3)


@pytest.mark.clause("10(4)")
def test_another_shops_offer_tells_nothing(session: Session, shop: Client) -> None:
    approved(session, shop)
    beside = {"any_of": [*RULE["any_of"], {"activated": "low_income"}]}

    assert approved(session, make.a_shop(session, "bakery"), rule=beside).approved_at is not None


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_an_offer_another_worker_looks_at_is_left_to_it(sessions: Sessions) -> None:
    with transaction(sessions) as session:
        figures(session)
        an_agency(session)
        offer_id = approved(session, make.a_shop(session)).id
    later = NOON + timedelta(days=1)

    with transaction(sessions) as first, transaction(sessions) as second:
        second.execute(text("SET LOCAL lock_timeout = '200ms'"))
        halted = [populations.review(each, smallest=10**9, now=later) for each in (first, second)]

    assert halted == [[offer_id], []]


@pytest.mark.clause("10(4)")
def test_an_offer_whose_group_became_small_stops_answering_and_goes_on_later(
    session: Session, shop: Client
) -> None:
    offer, mei = approved(session, shop), make.a_member(session)
    day = timedelta(days=1)
    tomorrow = NOON.date() + day
    publish(session, '{"age_at_least":65}', 9_990, as_of=tomorrow, now=NOON + day)

    assert populations.review(session, smallest=50, now=NOON) == []
    assert populations.review(session, smallest=50, now=NOON + day) == [offer.id]
    with pytest.raises(Refused, match="small_population"):
        answer(session, shop, mei)
    publish(session, '{"age_at_least":65}', 2_000, as_of=tomorrow + day, now=NOON + 2 * day)
    assert populations.review(session, smallest=50, now=NOON + 2 * day) == []
    assert answer(session, shop, mei) is False


def counted(session: Session, agency: Client, holders: int, others: int) -> None:
    """Let so many members hold a library card, and so many others none."""
    for n in range(holders + others):
        member = make.a_member(session, f"reader{n}")
        if n < holders:
            noted(session, agency, member, "library_card")


@pytest.mark.clause("10(4)")
def test_what_is_not_published_is_counted_among_members(
    session: Session, agency: Client, shop: Client
) -> None:
    counted(session, agency, holders=3, others=4)
    offer = submitted(session, shop, rule={"activated": "library_card"})

    populations.require_large(session, offer, smallest=3)
    with pytest.raises(Refused, match="small_population"):
        populations.require_large(session, offer, smallest=4)


@pytest.mark.clause("10(4)")
def test_members_are_no_bound_for_residents(session: Session, agency: Client, shop: Client) -> None:
    """Three holders among three members leave nobody without; 9,997 other residents do not help."""
    counted(session, agency, holders=3, others=0)
    offer = submitted(session, shop, rule={"activated": "library_card"})
    beside = submitted(
        session, shop, rule={"any_of": [{"age_at_least": 65}, {"activated": "library_card"}]}
    )

    for each in (offer, beside):
        with pytest.raises(Refused, match="small_population"):
            populations.require_large(session, each, smallest=3)


@pytest.mark.clause("10(4)")
def test_what_was_counted_is_compared_with_what_was_counted(
    session: Session, agency: Client, shop: Client
) -> None:
    counted(session, agency, holders=3, others=9)
    rule = {"any_of": [{"age_at_least": 80}, {"activated": "library_card"}]}
    offer = submitted(session, shop, rule=rule)
    populations.enter(
        session,
        '{"age_at_least":80}',
        4,
        source="counted in the record",
        document=None,
        as_of=TODAY,
        now=NOON,
    )

    populations.require_large(session, offer, smallest=4)
    with pytest.raises(Refused, match="small_population"):
        populations.require_large(session, offer, smallest=6)


@pytest.mark.clause("10(4)")
def test_figures_of_different_years_are_not_compared(session: Session, shop: Client) -> None:
    publish(session, '{"age_at_least":90}', 5_000, as_of=date(2025, 1, 1))

    with pytest.raises(Refused, match="small_population"):
        approved(session, shop, rule={"age_at_least": 90})
    publish(session, '{"age_at_least":90}', 5_000, as_of=date(2025, 12, 31))
    assert approved(session, shop, rule={"age_at_least": 90}).approved_at is not None


def test_an_offer_cannot_rest_on_a_service_that_was_closed(session: Session, shop: Client) -> None:
    activations.close_service(session, "senior_card", now=NOON)

    with pytest.raises(Refused, match="rule_invalid"):
        submitted(session, shop)
