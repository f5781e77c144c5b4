"""What identifies is decided on a page of its own, and marketing by itself (10(4), PDPA 7, 20)."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.models import OrganisationKind
from consent import parts
from consent.catalogue import ALWAYS, CLAIMS, MARKETING
from consent.parts import Part
from consent.rules import IDENTIFYING, Decided, Terms, marketing_answer, may_recognise, releasable
from tests.consent.test_rules import decided, ledgers, moments, sets, termses
from tests.make import NOON

AGENCY, MERCHANT = OrganisationKind.AGENCY, OrganisationKind.MERCHANT
OFFER = UUID(int=1)
TERMS = Terms(
    purpose_id=OFFER,
    since={ALWAYS: 1, "offer_eligible": 1, "name": 1, MARKETING: 1},
    longest=timedelta(days=365),
)
EVERYTHING = frozenset(claim.name for claim in CLAIMS)
a_marketing_answer = st.builds(replace, decided, claim=st.just(MARKETING))


def said(claim: str, *, given: bool = True, once: bool = False) -> Decided:
    return Decided(
        purpose_id=OFFER,
        claim=claim,
        given=given,
        text_version=1,
        given_at=NOON - timedelta(days=1),
        expires_at=NOON + timedelta(days=90),
        once=once,
    )


def turns(*decisions: Decided, asked: frozenset[str] = frozenset(TERMS.since)) -> list[Part]:
    found = parts.in_turn(asked, MERCHANT, TERMS, decisions, now=NOON)
    return [part for part, _ in found]


def answered(*decisions: Decided, asked: frozenset[str] = EVERYTHING) -> bool | None:
    return marketing_answer(asked, TERMS, decisions, now=NOON)


@pytest.mark.clause("10(4)")
def test_a_merchants_first_page_asks_nothing_that_tells_who_the_member_is() -> None:
    first = parts.within(Part.ANONYMOUS, EVERYTHING, MERCHANT)

    assert {ALWAYS, "offer_eligible", "age_over_65"} <= first
    assert not first & IDENTIFYING
    assert MARKETING not in first


def test_a_page_on_which_another_decided_everything_is_called_the_whole() -> None:
    assert parts.called(Part.ANONYMOUS, ["sub", "name"]) is Part.WHOLE
    assert parts.called(Part.ANONYMOUS, ["sub", "age_over_65"]) is Part.ANONYMOUS
    assert parts.called(Part.IDENTIFIED, ["name"]) is Part.IDENTIFIED


def test_an_agency_asks_on_one_page() -> None:
    assert parts.within(Part.WHOLE, EVERYTHING, AGENCY) == EVERYTHING
    assert not parts.within(Part.WHOLE, EVERYTHING, MERCHANT)


@given(sets, st.sampled_from(OrganisationKind))
def test_every_claim_is_decided_on_one_page_and_no_other(
    claims: frozenset[str], kind: OrganisationKind
) -> None:
    pages = [parts.within(part, claims, kind) for part in Part]

    assert frozenset().union(*pages) == claims
    assert sum(map(len, pages)) == len(claims)


def test_marketing_is_asked_last_by_itself_and_only_of_whom_the_merchant_knows() -> None:
    known = (said(ALWAYS), said("name"))

    assert turns() == [Part.ANONYMOUS, Part.IDENTIFIED]
    assert turns(*known) == [Part.ANONYMOUS, Part.IDENTIFIED, Part.MARKETING]
    assert turns(said(ALWAYS), said("name", once=True)) == [Part.ANONYMOUS, Part.IDENTIFIED]
    assert turns(said(ALWAYS), said("name", given=False)) == [Part.ANONYMOUS, Part.IDENTIFIED]
    assert turns(*known, asked=frozenset([MARKETING])) == [Part.MARKETING]


@pytest.mark.parametrize(
    ("decisions", "told"),
    [
        ((), None),
        ((said(ALWAYS), said("name")), None),
        ((said(ALWAYS), said("name"), said(MARKETING)), True),
        ((said(ALWAYS), said("name"), said(MARKETING, given=False)), False),
        ((said(ALWAYS), said(MARKETING)), None),
        ((said(ALWAYS), said("offer_eligible"), said(MARKETING)), None),
        ((said("name"), said(MARKETING)), None),
        ((said(ALWAYS), said("name"), replace(said(MARKETING), expires_at=NOON)), None),
        ((said(ALWAYS), said("name"), said(MARKETING), said(MARKETING, given=False)), False),
    ],
)
def test_the_answer_is_told_as_it_was_given_and_only_to_who_knows_the_member(
    decisions: tuple[Decided, ...], *, told: bool | None
) -> None:
    assert answered(*decisions) is told
    assert answered(*decisions, asked=EVERYTHING - {MARKETING}) is None


@pytest.mark.clause("10(4)")
@given(sets, termses, ledgers, moments, a_marketing_answer)
def test_an_answer_to_marketing_never_releases_any_other_claim(
    requested: frozenset[str], terms: Terms, ledger: list[Decided], now: datetime, answer: Decided
) -> None:
    without = [each for each in ledger if each.claim != MARKETING]

    released = releasable(requested | {MARKETING}, terms, [*without, answer], now=now)

    assert released == releasable(requested, terms, without, now=now)
    assert MARKETING not in released
    assert may_recognise(MERCHANT, terms, [*without, answer], now=now) == may_recognise(
        MERCHANT, terms, without, now=now
    )


@given(termses, ledgers, moments)
def test_unknown_is_never_yes_and_a_stranger_brings_no_answer(
    terms: Terms, ledger: list[Decided], now: datetime
) -> None:
    terms = replace(terms, since={**terms.since, MARKETING: 1})

    told = marketing_answer(EVERYTHING, terms, ledger, now=now)

    yes = any(
        each.claim == MARKETING and each.given and terms.cover(each, now=now) for each in ledger
    )
    assert told is not True or yes
    if not may_recognise(MERCHANT, terms, ledger, now=now):
        assert told is None
