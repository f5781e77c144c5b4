from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.catalogue import ALWAYS, CLAIMS
from consent.rules import Decided, releasable, unanswered
from tests.make import NOON

CARD, ROOM = UUID(int=1), UUID(int=2)
names = st.sampled_from([claim.name for claim in CLAIMS] + ["national_id", "", "SUB"])
sets = st.frozensets(names, max_size=8)
moments = st.integers(-3, 3).map(lambda hours: NOON + timedelta(hours=hours))
decided = st.builds(
    Decided,
    purpose_id=st.sampled_from([CARD, ROOM]),
    claim=names,
    given=st.booleans(),
    text_version=st.integers(1, 2),
    expires_at=moments,
    once=st.booleans(),
)
ledgers = st.lists(decided, max_size=12)


def yes(claim: str, **changes: object) -> Decided:
    values: dict[str, object] = {
        "purpose_id": CARD,
        "claim": claim,
        "given": True,
        "text_version": 1,
        "expires_at": NOON + timedelta(days=90),
    }
    return Decided(**{**values, **changes})  # type: ignore[arg-type]  # as the test wishes


def released(requested: Iterable[str], *decisions: Decided) -> frozenset[str]:
    approved = {"name", "email"}
    wanted = frozenset(requested)
    return releasable(wanted, purpose_id=CARD, approved=approved, decisions=decisions, now=NOON)


def asked(requested: Iterable[str], *decisions: Decided) -> frozenset[str]:
    return unanswered(
        frozenset(requested),
        purpose_id=CARD,
        approved={"name", "email"},
        text_version=1,
        decisions=decisions,
        now=NOON,
    )


@pytest.mark.clause("10(3)")
@given(sets, sets, ledgers, moments)
def test_what_leaves_was_asked_for_approved_and_agreed_to_for_this_purpose(
    requested: frozenset[str], approved: frozenset[str], ledger: list[Decided], now: datetime
) -> None:
    out = releasable(requested, purpose_id=CARD, approved=approved, decisions=ledger, now=now)

    agreed = {
        each.claim
        for each in ledger
        if each.purpose_id == CARD and each.given and now < each.expires_at
    }
    assert out - {ALWAYS} <= requested & approved & agreed
    assert out <= agreed


@pytest.mark.clause("10(3)")
@given(sets, sets, ledgers, moments)
def test_without_agreeing_to_be_recognised_nothing_leaves(
    requested: frozenset[str], approved: frozenset[str], ledger: list[Decided], now: datetime
) -> None:
    kept = [each for each in ledger if each.claim != ALWAYS]

    out = releasable(requested, purpose_id=CARD, approved=approved, decisions=kept, now=now)

    assert out == frozenset()


@given(sets, sets, ledgers, moments, decided)
def test_a_refusal_and_another_purposes_consent_never_release_more(
    requested: frozenset[str],
    approved: frozenset[str],
    ledger: list[Decided],
    now: datetime,
    extra: Decided,
) -> None:
    def out(decisions: list[Decided]) -> frozenset[str]:
        return releasable(
            requested, purpose_id=CARD, approved=approved, decisions=decisions, now=now
        )

    if not extra.given or extra.purpose_id != CARD:
        assert out([*ledger, extra]) == out(ledger)
    assert out(ledger) <= out([*ledger, extra])


@given(sets, sets, ledgers, moments)
def test_the_question_is_total_and_never_about_what_is_not_approved(
    requested: frozenset[str], approved: frozenset[str], ledger: list[Decided], now: datetime
) -> None:
    open_claims = unanswered(
        requested,
        purpose_id=CARD,
        approved=approved,
        text_version=1,
        decisions=ledger,
        now=now,
    )

    assert open_claims <= {ALWAYS} | (requested & approved)


@given(sets, sets, ledgers, moments)
def test_after_answering_everything_nothing_is_left_to_ask(
    requested: frozenset[str], approved: frozenset[str], ledger: list[Decided], now: datetime
) -> None:
    def ask(decisions: list[Decided]) -> frozenset[str]:
        return unanswered(
            requested,
            purpose_id=CARD,
            approved=approved,
            text_version=2,
            decisions=decisions,
            now=now,
        )

    until = now + timedelta(seconds=1)
    answers = [
        yes(claim, given=index % 2 == 0, text_version=2, expires_at=until)
        for index, claim in enumerate(sorted(ask(ledger)))
    ]

    assert ask([*ledger, *answers]) == frozenset()


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


def test_a_new_text_asks_again() -> None:
    assert asked(["name"], yes("sub"), yes("name", text_version=2)) == {"name"}


def test_a_consent_for_one_sign_in_asks_again_but_releases_meanwhile() -> None:
    once = (yes("sub", once=True), yes("name", once=True))

    assert asked(["name"], *once) == {"sub", "name"}
    assert released(["name"], *once) == {"sub", "name"}


def test_an_expired_answer_asks_again() -> None:
    assert asked([], yes("sub", expires_at=NOON)) == {"sub"}
