from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.directory import ApprovedClaim, RegisteredPurpose
from clients.models import PurposeKind
from consent import questions, rules
from consent.catalogue import ALWAYS, BY_NAME
from consent.questions import Asking, Choice, asking, settle, unasked
from consent.rules import Decided
from kernel.wording import Bilingual
from tests.make import NOON

WORDS = Bilingual("說明", "words")
names = st.sampled_from(sorted(BY_NAME.keys() - {ALWAYS}))
sets = st.frozensets(names, max_size=8)


def a_purpose(*claims: str, required: tuple[str, ...] = (), **changes: Any) -> RegisteredPurpose:
    values: dict[str, Any] = {
        "id": UUID(int=1),
        "code": "library-card",
        "kind": PurposeKind.SERVICE,
        "is_default": True,
        "text_version": 1,
        "name": WORDS,
        "text": WORDS,
        "retention": WORDS,
        "legal_basis": WORDS,
        "refusal_effect": WORDS,
        "max_days": 365,
        "claims": tuple(ApprovedClaim(name, name in required, WORDS) for name in claims),
    }
    return RegisteredPurpose(**{**values, **changes})


def asked(purpose: RegisteredPurpose, *decisions: Decided, anew: bool = False) -> Asking:
    terms = rules.terms_of(purpose)
    open_claims = rules.unanswered(purpose.approved, terms, decisions, now=NOON)
    return asking(open_claims, purpose, decisions, requested=purpose.approved, now=NOON, anew=anew)


def said(claim: str, *, given: bool = True, version: int = 1) -> Decided:
    return Decided(
        purpose_id=UUID(int=1),
        claim=claim,
        given=given,
        text_version=version,
        given_at=NOON,
        expires_at=NOON + timedelta(days=90),
    )


def shape(page: Asking) -> dict[str, list[str]]:
    return {each.claim.name: [claim.name for claim in each.instead] for each in page.questions}


def test_what_says_less_stands_beside_the_claim_it_can_replace() -> None:
    page = asked(a_purpose("name", "birthdate", "age_over_18", "email", required=("name",)))

    assert shape(page) == {"name": [], "birthdate": ["age_over_18"], "email": []}
    assert page.questions[0].choices == (Choice.SHARE,)
    assert page.questions[1].choices == (Choice.WITHHOLD, Choice.DERIVED, Choice.SHARE)
    assert page.questions[2].choices == (Choice.WITHHOLD, Choice.SHARE)


def test_without_its_fuller_claim_what_says_less_is_a_question_of_its_own() -> None:
    assert shape(asked(a_purpose("age_over_18", "district"))) == {"age_over_18": [], "district": []}


def test_what_says_less_and_is_required_is_no_alternative() -> None:
    page = asked(a_purpose("birthdate", "age_over_18", required=("age_over_18",)))

    assert shape(page) == {"birthdate": [], "age_over_18": []}


@pytest.mark.clause("10(3)")
def test_no_answer_at_all_gives_only_what_is_required() -> None:
    page = asked(a_purpose("name", "birthdate", "age_over_18", required=("name",)))

    settled = settle(page, {})

    assert settled.given == {"sub", "name"}
    assert settled.refused == {"birthdate", "age_over_18"}


@pytest.mark.parametrize(
    ("choice", "given"),
    [
        ("withhold", set()),
        ("derived", {"age_over_18"}),
        ("share", {"birthdate", "age_over_18"}),
    ],
)
def test_the_ledger_holds_what_was_chosen_and_refuses_the_rest(
    choice: str, given: set[str]
) -> None:
    page = asked(a_purpose("birthdate", "age_over_18"))

    settled = settle(page, {"birthdate": choice})

    assert settled.given - {"sub"} == given
    assert settled.refused == {"birthdate", "age_over_18"} - given


@pytest.mark.parametrize("answer", ["derived", "", "yes", "SHARE"])
def test_an_answer_that_was_not_offered_names_its_claim(answer: str) -> None:
    with pytest.raises(ValueError, match=r"^email$"):
        settle(asked(a_purpose("email")), {"email": answer})


@given(sets, sets, st.dictionaries(names, st.sampled_from([*Choice])), st.booleans(), st.booleans())
def test_whatever_is_answered_everything_asked_is_decided_once(
    approved: frozenset[str],
    required: frozenset[str],
    answers: Mapping[str, str],
    is_anew: bool,  # noqa: FBT001  # drawn
    is_retold: bool,  # noqa: FBT001  # drawn
) -> None:
    purpose = a_purpose(
        *sorted(approved),
        required=tuple(required),
        text_version=2,
        terms_version=2 if is_retold else 1,
    )
    earlier = [said(name, given=index % 2 == 0) for index, name in enumerate(sorted(approved))]
    page = asked(purpose, said("sub"), *earlier, anew=is_anew)
    offered = {
        each.claim.name: answers[each.claim.name]
        for each in page.questions
        if answers.get(each.claim.name) in each.choices
    }

    settled = settle(page, offered)

    assert settled.given | settled.refused == page.claims
    assert not settled.given & settled.refused
    assert ALWAYS in settled.given
    for question in page.questions:
        if question.required:
            assert question.claim.name in settled.given


def test_a_new_claim_is_asked_about_alone_beside_the_choices_in_force() -> None:
    purpose = a_purpose("name", "email", text_version=2)
    later = ApprovedClaim("nickname", required=False, necessity=WORDS, since_version=2)
    purpose = a_purpose(text_version=2, claims=(*purpose.claims, later))

    page = asked(purpose, said("sub"), said("name"), said("email", given=False))

    assert shape(page) == {"nickname": []}
    assert page.kept == {"name": True, "email": False}
    assert page.carried == {}
    assert page.claims == {"sub", "nickname"}


def test_a_purpose_told_anew_carries_earlier_choices_to_a_new_yes() -> None:
    purpose = a_purpose("name", "email", text_version=2, terms_version=2)
    earlier = (said("sub"), said("name"), said("email", given=False))

    page = asked(purpose, *earlier)

    assert page.questions == ()
    assert page.carried == {"name": True, "email": False}
    assert settle(page, {}) == questions.Settled(frozenset({"sub", "name"}), frozenset({"email"}))


def test_who_wants_to_choose_anew_is_asked_about_everything() -> None:
    purpose = a_purpose("name", "email", text_version=2, terms_version=2)

    page = asked(purpose, said("sub"), said("name"), anew=True)

    assert shape(page) == {"name": [], "email": []}
    assert page.carried == {}
    assert settle(page, {}).given == {"sub"}


def test_sensitive_claims_that_are_not_asked_for_are_named() -> None:
    left = [claim.name for claim in unasked({"birthdate", "name"})]

    assert "birthdate" not in left
    assert {"address", "phone_number", "gender"} <= set(left)
