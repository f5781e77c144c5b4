"""The ledger: each decision on its own, provable, superseded and never overwritten."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from clients.directory import RegisteredClient, RegisteredPurpose, view_of
from consent import ledger
from consent.ledger import Answer
from consent.models import Consent, ConsentText, EndReason, Receipt
from consent.texts import consent_text
from kernel.errors import NotFound, Refused
from kernel.wording import CHINESE, ENGLISH
from tests import make

pytestmark = pytest.mark.clause("10(3)")


@pytest.fixture
def library(session: Session) -> RegisteredClient:
    return view_of(make.a_client(session))


@pytest.fixture
def card(library: RegisteredClient) -> RegisteredPurpose:
    return library.purposes[0]


@pytest.fixture
def mei(session: Session) -> UUID:
    return make.a_member(session).id


def an_answer(
    given: Iterable[str] = ("sub", "name"),
    refused: Iterable[str] = ("birthdate",),
    *,
    duration: str = "90d",
    text: str = "您同意…",
) -> Answer:
    return Answer(
        given=frozenset(given),
        refused=frozenset(refused),
        duration=duration,
        language=CHINESE,
        text=text,
        acr="urn:taipei-id:acr:1",
    )


def in_force(
    session: Session, member: UUID, purpose: RegisteredPurpose
) -> dict[str, tuple[bool, datetime]]:
    found = ledger.decisions(session, member_id=member, purpose_id=purpose.id)
    return {each.claim: (each.given, each.expires_at) for each in found}


def test_each_claim_is_decided_on_its_own(
    session: Session, library: RegisteredClient, card: RegisteredPurpose, mei: UUID, now: datetime
) -> None:
    ledger.record(session, library, card, an_answer(), member_id=mei, now=now)

    until = now + timedelta(days=90)
    assert in_force(session, mei, card) == {
        "sub": (True, until),
        "name": (True, until),
        "birthdate": (False, until),
    }


def test_a_later_decision_supersedes_the_earlier_one_about_the_same_claim_only(
    session: Session, library: RegisteredClient, card: RegisteredPurpose, mei: UUID, now: datetime
) -> None:
    ledger.record(session, library, card, an_answer(), member_id=mei, now=now)
    later = now + timedelta(days=1)

    change = an_answer(["birthdate"], [], duration="once")
    ledger.record(session, library, card, change, member_id=mei, now=later)

    decided = in_force(session, mei, card)
    assert decided["birthdate"] == (True, later + timedelta(hours=1))
    assert decided["name"] == (True, now + timedelta(days=90))
    ended = select(Consent.claim).where(Consent.end_reason == EndReason.SUPERSEDED)
    assert session.scalars(ended).all() == ["birthdate"]


def test_the_receipt_proves_which_words_were_shown(
    session: Session, library: RegisteredClient, card: RegisteredPurpose, mei: UUID, now: datetime
) -> None:
    for moment in (now, now + timedelta(hours=1)):
        ledger.record(session, library, card, an_answer(), member_id=mei, now=moment)

    receipts = session.scalars(select(Receipt)).all()
    assert session.scalars(select(ConsentText.body)).all() == ["您同意…"]
    assert [each.text_sha256 for each in receipts] == [receipts[0].text_sha256] * 2
    assert (receipts[0].text_version, receipts[0].language) == (1, CHINESE)


@pytest.mark.refusal("consent.duration_not_offered")
@pytest.mark.parametrize("duration", ["", "10y", "forever", "1y"])
def test_nobody_agrees_for_longer_than_the_purpose_may_last(
    session: Session, mei: UUID, now: datetime, duration: str
) -> None:
    purpose = make.a_purpose_form(max_days=90)
    client = view_of(make.a_client(session, "museum", purposes=[purpose]))

    answer = an_answer(duration=duration)

    with pytest.raises(Refused) as refused:
        ledger.record(session, client, client.purposes[0], answer, member_id=mei, now=now)

    assert refused.value.code == "consent.duration_not_offered"
    assert ledger.durations(client.purposes[0]) == ("once", "90d")


@pytest.mark.refusal("consent.claim_not_asked")
def test_a_claim_the_purpose_is_not_approved_for_cannot_be_agreed_to(
    session: Session, library: RegisteredClient, card: RegisteredPurpose, mei: UUID, now: datetime
) -> None:
    with pytest.raises(Refused) as refused:
        ledger.record(session, library, card, an_answer(["email"]), member_id=mei, now=now)

    assert refused.value.code == "consent.claim_not_asked"


def test_withdrawing_ends_all_of_one_purpose_and_keeps_the_record(
    session: Session, library: RegisteredClient, card: RegisteredPurpose, mei: UUID, now: datetime
) -> None:
    ledger.record(session, library, card, an_answer(), member_id=mei, now=now)

    ledger.withdraw(session, member_id=mei, purpose_id=card.id, now=now)

    session.expire_all()
    assert in_force(session, mei, card) == {}
    listed = ledger.listed(session, member_id=mei)
    assert {each.end_reason for each in listed} == {EndReason.WITHDRAWN}
    assert len(listed) == 3


def test_what_was_never_given_cannot_be_withdrawn(
    session: Session, card: RegisteredPurpose, mei: UUID, now: datetime
) -> None:
    with pytest.raises(NotFound):
        ledger.withdraw(session, member_id=mei, purpose_id=card.id, now=now)


@pytest.mark.parametrize(
    ("language", "words"), [(CHINESE, ("圖書館法", "為了辦證")), (ENGLISH, ("Library Act", "for"))]
)
def test_the_text_says_who_why_how_long_and_what_in_the_readers_language(
    library: RegisteredClient, card: RegisteredPurpose, language: str, words: tuple[str, ...]
) -> None:
    text = consent_text(library, card, ["sub", "name", "birthdate"], language=language)

    lines = text.splitlines()
    assert len(lines) == 11
    assert all(each in text for each in words)
    assert text == consent_text(library, card, ["birthdate", "sub", "name"], language=language)
