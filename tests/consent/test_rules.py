from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.models import OrganisationKind
from consent.catalogue import ALWAYS, CLAIMS
from consent.rules import Decided, Terms, carried, may_recognise, releasable, unanswered
from tests.make import NOON

CARD, ROOM = UUID(int=1), UUID(int=2)
names = st.sampled_from([claim.name for claim in CLAIMS] + ["national_id", "", "SUB"])
sets = st.frozensets(names, max_size=8)
moments = st.integers(-3, 3).map(lambda hours: NOON + timedelta(hours=hours))
versions = st.integers(1, 3)
decided = st.builds(
    Decided,
    purpose_id=st.sampled_from([CARD, ROOM]),
    claim=names,
    given=st.booleans(),
    text_version=versions,
    given_at=moments,
    expires_at=moments,
    once=st.booleans(),
)
ledgers = st.lists(decided, max_size=12)
termses = st.builds(
    Terms,
    purpose_id=st.just(CARD),
    since=st.dictionaries(names, versions, max_size=8).map(lambda since: since | {ALWAYS: 1}),
    retold=versions,
    longest=st.integers(1, 3).map(lambda hours: timedelta(hours=hours)),
)
TERMS = Terms(
    purpose_id=CARD, since={"name": 1, "email": 1, ALWAYS: 1}, longest=timedelta(days=365)
)


def yes(claim: str, **changes: object) -> Decided:
    values: dict[str, object] = {
        "purpose_id": CARD,
        "claim": claim,
        "given": True,
        "text_version": 1,
        "given_at": NOON - timedelta(days=1),
        "expires_at": NOON + timedelta(days=90),
    }
    return Decided(**{**values, **changes})  # type: ignore[arg-type]  # as the test wishes


def released(requested: Iterable[str], *decisions: Decided, **changes: object) -> frozenset[str]:
    terms = replace(TERMS, **changes)  # type: ignore[arg-type]  # as the test wishes
    return releasable(frozenset(requested), terms, decisions, now=NOON)


def asked(requested: Iterable[str], *decisions: Decided, **changes: object) -> frozenset[str]:
    terms = replace(TERMS, **changes)  # type: ignore[arg-type]  # as the test wishes
    return unanswered(frozenset(requested), terms, decisions, now=NOON)


@pytest.mark.clause("10(3)")
@given(sets, termses, ledgers, moments)
def test_what_leaves_was_asked_for_approved_and_agreed_to_for_this_purpose(
    requested: frozenset[str], terms: Terms, ledger: list[Decided], now: datetime
) -> None:
    out = releasable(requested, terms, ledger, now=now)

    agreed = {
        each.claim
        for each in ledger
        if each.purpose_id == CARD
        and each.given
        and now < each.expires_at
        and now < each.given_at + terms.longest
        and each.text_version >= terms.retold
        and each.text_version >= terms.since.get(each.claim, 99)
    }
    assert out - {ALWAYS} <= requested & terms.since.keys() & agreed
    assert out <= agreed


@pytest.mark.clause("10(3)")
@given(sets, termses, ledgers, moments)
def test_without_agreeing_to_be_recognised_nothing_leaves(
    requested: frozenset[str], terms: Terms, ledger: list[Decided], now: datetime
) -> None:
    kept = [each for each in ledger if each.claim != ALWAYS]

    assert releasable(requested, terms, kept, now=now) == frozenset()


@pytest.mark.clause("10(3)")
@given(sets, termses, ledgers, moments)
def test_consent_for_one_service_never_serves_another_of_the_same_agency(
    requested: frozenset[str], terms: Terms, ledger: list[Decided], now: datetime
) -> None:
    for_another = [replace(each, purpose_id=ROOM) for each in ledger]

    assert releasable(requested, terms, for_another, now=now) == frozenset()
    assert carried(terms, for_another, now=now) == {}


@given(sets, termses, ledgers, moments, decided)
def test_a_refusal_and_another_purposes_consent_never_release_more(
    requested: frozenset[str], terms: Terms, ledger: list[Decided], now: datetime, extra: Decided
) -> None:
    before = releasable(requested, terms, ledger, now=now)
    after = releasable(requested, terms, [*ledger, extra], now=now)

    assert before <= after
    if not extra.given or extra.purpose_id != CARD:
        assert after == before


@given(sets, termses, ledgers, moments, versions)
def test_telling_a_purpose_anew_never_releases_more(
    requested: frozenset[str], terms: Terms, ledger: list[Decided], now: datetime, later: int
) -> None:
    retold = replace(terms, retold=terms.retold + later)

    assert releasable(requested, retold, ledger, now=now) <= releasable(
        requested, terms, ledger, now=now
    )


@given(sets, termses, ledgers, moments)
def test_the_question_is_total_and_never_about_what_is_not_approved(
    requested: frozenset[str], terms: Terms, ledger: list[Decided], now: datetime
) -> None:
    open_claims = unanswered(requested, terms, ledger, now=now)

    assert open_claims <= {ALWAYS} | (requested & terms.since.keys())


@given(sets, termses, ledgers, moments)
def test_after_answering_everything_nothing_is_left_to_ask(
    requested: frozenset[str], terms: Terms, ledger: list[Decided], now: datetime
) -> None:
    def ask(decisions: list[Decided]) -> frozenset[str]:
        return unanswered(requested, terms, decisions, now=now)

    until = now + timedelta(seconds=1)
    answers = [
        yes(claim, given=index % 2 == 0, text_version=3, given_at=now, expires_at=until)
        for index, claim in enumerate(sorted(ask(ledger)))
    ]

    assert ask([*ledger, *answers]) == frozenset()


@given(sets, termses, ledgers, moments)
def test_what_is_carried_over_releases_nothing_until_agreed_to(
    requested: frozenset[str], terms: Terms, ledger: list[Decided], now: datetime
) -> None:
    older = [each for each in ledger if each.text_version < terms.retold]

    assert carried(terms, ledger, now=now) == carried(terms, older, now=now)
    assert releasable(requested, terms, older, now=now) == frozenset()


def test_a_claim_agreed_to_is_released() -> None:
    assert released(["name", "email"], yes("sub"), yes("name")) == {"sub", "name"}


def test_a_claim_agreed_to_but_not_asked_for_stays() -> None:
    assert released([], yes("sub"), yes("name")) == {"sub"}


def test_a_claim_no_longer_approved_stays_whatever_was_agreed() -> None:
    assert released(["birthdate"], yes("sub"), yes("birthdate")) == {"sub"}


def test_a_consent_ends_at_its_last_moment_and_not_after() -> None:
    assert released([], yes("sub", expires_at=NOON)) == frozenset()
    assert released([], yes("sub", expires_at=NOON + timedelta(microseconds=1))) == {"sub"}


def test_a_stranger_is_asked_about_everything_approved_and_the_subject() -> None:
    assert asked(["name", "birthdate"]) == {"sub", "name"}


def test_a_refusal_is_an_answer() -> None:
    assert asked(["name"], yes("sub"), yes("name", given=False)) == frozenset()


@pytest.mark.clause("10(3)")
def test_a_purpose_told_anew_asks_again_and_releases_nothing_meanwhile() -> None:
    agreed = (yes("sub"), yes("name"))

    assert asked(["name"], *agreed, retold=2) == {"sub", "name"}
    assert released(["name"], *agreed, retold=2) == frozenset()


def test_a_claim_widened_asks_again_alone_while_the_others_go_on() -> None:
    agreed = (yes("sub"), yes("name"), yes("email"))
    since = {"name": 1, "email": 2, "sub": 1}

    assert asked(["name", "email"], *agreed, since=since) == {"email"}
    assert released(["name", "email"], *agreed, since=since) == {"sub", "name"}


def test_an_approval_cut_short_cuts_the_consents_given_under_it() -> None:
    agreed = (yes("sub"), yes("name"))

    assert released(["name"], *agreed, longest=timedelta(days=1)) == frozenset()
    assert asked(["name"], *agreed, longest=timedelta(days=1)) == {"sub", "name"}


def test_earlier_choices_are_carried_over_when_only_the_purpose_is_told_anew() -> None:
    earlier = [yes("sub"), yes("name"), yes("email", given=False)]

    assert carried(replace(TERMS, retold=2), earlier, now=NOON) == {"name": True, "email": False}


def test_what_was_widened_expired_or_given_once_is_not_carried_over() -> None:
    since = {"name": 2, "email": 1, "nickname": 1, "sub": 1}
    earlier = [yes("name"), yes("email", expires_at=NOON), yes("nickname", once=True)]

    assert carried(replace(TERMS, since=since, retold=2), earlier, now=NOON) == {}


def test_a_consent_for_one_sign_in_asks_again_but_releases_meanwhile() -> None:
    once = (yes("sub", once=True), yes("name", once=True))

    assert asked(["name"], *once) == {"sub", "name"}
    assert released(["name"], *once) == {"sub", "name"}


def test_an_expired_answer_asks_again() -> None:
    assert asked([], yes("sub", expires_at=NOON)) == {"sub"}


@pytest.mark.clause("10(4)")
@pytest.mark.parametrize(
    ("kind", "claims", "may"),
    [
        (OrganisationKind.AGENCY, (), True),
        (OrganisationKind.MERCHANT, (), False),
        (OrganisationKind.MERCHANT, ("sub",), False),
        (OrganisationKind.MERCHANT, ("sub", "age_over_65"), False),
        (OrganisationKind.MERCHANT, ("name",), False),
        (OrganisationKind.MERCHANT, ("sub", "name"), True),
    ],
)
def test_a_merchant_recognises_only_whom_it_may_know(
    kind: OrganisationKind, claims: tuple[str, ...], *, may: bool
) -> None:
    purpose = UUID(int=4)
    terms = Terms(
        purpose_id=purpose,
        since=dict.fromkeys(("sub", "name", "age_over_65"), 1),
        longest=timedelta(days=30),
    )
    given_claims = [
        Decided(
            purpose_id=purpose,
            claim=each,
            given=True,
            text_version=1,
            given_at=NOON,
            expires_at=NOON + timedelta(days=1),
        )
        for each in claims
    ]

    assert may_recognise(kind, terms, given_claims, now=NOON) is may
    late = NOON + timedelta(days=1)
    assert may_recognise(kind, terms, given_claims, now=late) is (kind is OrganisationKind.AGENCY)
