"""Answers at a till: yes or no to one offer, once, and never a reason (10-I(4), 10-II)."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from audit.lines import Kind
from audit.models import LedgerLine
from clients.directory import RegisteredClient, view_of
from consent import till_answers, till_codes
from consent.models import TillCode
from consent.till_answers import Answer, Till, answer
from kernel.db import Json, Sessions, transaction
from kernel.errors import Refused
from members.models import Member, Standing
from tests import make

KEY = b"k" * 32
OFFER = "senior-10-percent"
MINUTE = timedelta(minutes=1)


@dataclass
class FakeOffers:
    """Decides as it is told, and remembers what it was asked."""

    says: bool = True
    asked: list[tuple[UUID, UUID, Json]] = field(default_factory=list)

    def __call__(
        self, session: Session, *, purpose_id: UUID, member_id: UUID, held: Json, now: datetime
    ) -> bool:
        self.asked.append((purpose_id, member_id, held))
        return self.says


@pytest.fixture
def offers() -> FakeOffers:
    return FakeOffers()


@pytest.fixture
def till(offers: FakeOffers) -> Till:
    return Till(decide=offers, keyring=make.KEYRING, key=KEY)


def a_shop(session: Session, client_id: str = "cafe") -> RegisteredClient:
    return view_of(make.a_shop(session, client_id))


def shown(session: Session, member: Member, now: datetime) -> str:
    code_id = till_codes.show(session, member_id=member.id, key=KEY, now=now)
    return till_codes.code_of(code_id, key=KEY)


def lines(session: Session) -> list[LedgerLine]:
    of_tills = select(LedgerLine).where(LedgerLine.kind == Kind.TILL_ANSWERED)
    return list(session.scalars(of_tills))


def refusal(
    session: Session,
    code: str,
    shop: RegisteredClient,
    till: Till,
    *,
    now: datetime,
    offer: str = OFFER,
) -> str:
    with pytest.raises(Refused) as refused:
        answer(session, code, offer=offer, client=shop, till=till, now=now)
    return refused.value.code


@pytest.mark.clause("10(4)")
@pytest.mark.parametrize("says", [True, False])
def test_a_till_is_told_yes_or_no_and_nothing_else(
    session: Session, now: datetime, offers: FakeOffers, till: Till, *, says: bool
) -> None:
    offers.says = says
    mei, shop = make.a_member(session), a_shop(session)
    code = shown(session, mei, now)

    told = answer(session, code.lower(), offer=OFFER, client=shop, till=till, now=now)

    assert (told.offer, told.eligible, told.at) == (OFFER, says, now)
    assert set(vars(told)) == {"offer", "eligible", "number", "receipt", "at"}
    purpose = shop.find_purpose(OFFER)
    assert purpose is not None
    assert [each[:2] for each in offers.asked] == [(purpose.id, mei.id)]
    assert offers.asked[0][2]["birthdate"] == "1990-04-01"


@pytest.mark.clause("10(4)")
def test_the_footprint_says_which_shop_which_offer_and_the_answer(
    session: Session, now: datetime, offers: FakeOffers, till: Till
) -> None:
    offers.says = False
    mei, shop = make.a_member(session), a_shop(session)

    told = answer(session, shown(session, mei, now), offer=OFFER, client=shop, till=till, now=now)

    (line,) = lines(session)
    purpose = shop.find_purpose(OFFER)
    assert purpose is not None
    assert (line.member_id, line.client_id, line.purpose_id) == (mei.id, shop.id, purpose.id)
    assert line.claims == [till_answers.CLAIM]
    assert line.detail == {"answer": "no", "receipt": told.receipt}


def test_asking_again_within_a_minute_gives_the_same_receipt(
    session: Session, now: datetime, offers: FakeOffers, till: Till
) -> None:
    mei, shop = make.a_member(session), a_shop(session)
    code = shown(session, mei, now)
    first = answer(session, code, offer=OFFER, client=shop, till=till, now=now)
    offers.says = False

    again = answer(
        session, code, offer=OFFER, client=shop, till=till, now=now + MINUTE - timedelta(seconds=1)
    )

    assert again == first
    assert len(offers.asked) == 1
    assert len(lines(session)) == 1


@pytest.mark.refusal("till.code_refused")
def test_unknown_old_used_and_foreign_codes_look_alike(
    session: Session, now: datetime, till: Till
) -> None:
    mei, daming = make.a_member(session), make.a_member(session, "daming")
    shop, other = a_shop(session), a_shop(session, "bakery")
    old = shown(session, daming, now - MINUTE)
    used = shown(session, mei, now)
    answer(session, used, offer=OFFER, client=shop, till=till, now=now)

    refused = {
        refusal(session, "7GK2M4QP", shop, till, now=now),
        refusal(session, "not a code", shop, till, now=now),
        refusal(session, old, shop, till, now=now),
        refusal(session, used, shop, till, now=now + MINUTE),
        refusal(session, used, shop, till, now=now, offer="second-cup"),
        refusal(session, used, other, till, now=now),
    }

    assert refused == {"till.code_refused"}
    assert len(lines(session)) == 1


@pytest.mark.refusal("flow.purpose_not_offer")
@pytest.mark.parametrize("offer", ["", "no-such-offer", "membership"])
@pytest.mark.clause("2(8)4")
def test_only_an_offer_of_the_shop_itself_is_answered(
    session: Session, now: datetime, till: Till, offer: str
) -> None:
    mei, shop = make.a_member(session), a_shop(session)
    code = shown(session, mei, now)

    assert refusal(session, code, shop, till, now=now, offer=offer) == "flow.purpose_not_offer"

    assert answer(session, code, offer=OFFER, client=shop, till=till, now=now).eligible


@pytest.mark.clause("6(1)")
@pytest.mark.parametrize("standing", [Standing.SUSPENDED, Standing.PAUSED, Standing.CLOSED])
def test_who_is_suspended_paused_or_closed_is_a_no_like_any_other(
    session: Session, now: datetime, offers: FakeOffers, till: Till, standing: Standing
) -> None:
    mei, shop = make.a_member(session), a_shop(session)
    code = shown(session, mei, now)
    mei.standing = standing
    if standing is Standing.CLOSED:
        mei.data_key_sealed = b""
    session.flush()

    told = answer(session, code, offer=OFFER, client=shop, till=till, now=now)

    assert not told.eligible
    assert len(offers.asked) == 1
    assert lines(session)[0].detail["answer"] == "no"


def test_a_code_that_was_just_renewed_can_no_longer_be_read(
    session: Session, now: datetime, till: Till
) -> None:
    mei, shop = make.a_member(session), a_shop(session)
    before = shown(session, mei, now)
    shown(session, mei, now)

    assert refusal(session, before, shop, till, now=now) == "till.code_refused"


def test_a_code_that_ends_while_it_is_decided_is_refused(
    session: Session, now: datetime, till: Till
) -> None:
    mei, shop = make.a_member(session), a_shop(session)
    code = shown(session, mei, now)

    class Slow:
        def __call__(self, session: Session, **asked: object) -> bool:
            session.execute(update(TillCode).values(expires_at=now))
            return True

    slow = Till(decide=Slow(), keyring=make.KEYRING, key=KEY)

    assert refusal(session, code, shop, slow, now=now) == "till.code_refused"
    assert lines(session) == []


# Races


@dataclass(frozen=True)
class Shops:
    """Two shops and a member's code, committed."""

    cafe: RegisteredClient
    bakery: RegisteredClient
    code: str


@pytest.fixture
def shops(sessions: Sessions, now: datetime) -> Shops:
    with transaction(sessions) as session:
        code = shown(session, make.a_member(session), now)
        return Shops(a_shop(session), a_shop(session, "bakery"), code)


def race(
    sessions: Sessions, code: str, contenders: list[RegisteredClient], till: Till, now: datetime
) -> list[Answer | str]:
    barrier = Barrier(len(contenders))

    def ask(shop: RegisteredClient) -> Answer | str:
        barrier.wait()
        try:
            with transaction(sessions) as session:
                return answer(session, code, offer=OFFER, client=shop, till=till, now=now)
        except Refused as refused:
            return refused.code

    with ThreadPoolExecutor(len(contenders)) as threads:
        return list(threads.map(ask, contenders))


@pytest.mark.parametrize("_attempt", range(3))
def test_of_two_tills_with_one_code_exactly_one_is_answered(
    sessions: Sessions, shops: Shops, till: Till, now: datetime, _attempt: int
) -> None:
    told = race(sessions, shops.code, [shops.cafe, shops.bakery] * 2, till, now)

    answers = [each for each in told if isinstance(each, Answer)]
    assert len(answers) == 2  # both requests of the shop that won, with one receipt
    assert answers[0] == answers[1]
    assert told.count("till.code_refused") == 2
    with transaction(sessions) as session:
        assert len(lines(session)) == 1


def test_a_till_that_sends_everything_twice_gets_one_receipt(
    sessions: Sessions, shops: Shops, till: Till, now: datetime
) -> None:
    told = race(sessions, shops.code, [shops.cafe] * 4, till, now)

    assert len({each for each in told if isinstance(each, Answer)}) == 1
    assert not any(isinstance(each, str) for each in told)
