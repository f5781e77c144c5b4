"""An offer's rule: three answers, never a guess; and what is no rule at all."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Refused
from kernel.wording import Bilingual
from services import eligibility
from services.eligibility import Activated, AgeAtLeast, AllOf, AnyOf, Facts, ResidentOfTaipei, Rule

TODAY = date(2026, 11, 23)
ATOMS = (
    st.integers(1, 130).map(AgeAtLeast)
    | st.just(ResidentOfTaipei())
    | st.sampled_from(["senior_card", "low_income"]).map(Activated)
)
RULES: st.SearchStrategy[Rule] = ATOMS | st.lists(ATOMS, min_size=1, max_size=4).flatmap(
    lambda parts: st.sampled_from([AnyOf(tuple(parts)), AllOf(tuple(parts))])
)
FACTS = st.builds(
    Facts,
    held=st.fixed_dictionaries(
        {},
        optional={
            "birthdate": st.sampled_from(["1950-01-01", "1990-05-00", "2019", "garbage"]),
            "address": st.sampled_from([{"region": "臺北市"}, {"region": "新北市"}, {}, "x"]),
        },
    ),
    notes=st.dictionaries(st.sampled_from(["senior_card", "low_income"]), st.booleans()),
    today=st.just(TODAY),
)


def fulfils(rule: Any, **facts: Any) -> bool | None:
    held, notes = facts.get("held", {}), facts.get("notes", {})
    return eligibility.fulfils(eligibility.parse(rule), Facts(held=held, notes=notes, today=TODAY))


def test_an_age_is_counted_on_the_day() -> None:
    assert fulfils({"age_at_least": 65}, held={"birthdate": "1961-11-23"}) is True
    assert fulfils({"age_at_least": 65}, held={"birthdate": "1961-11-24"}) is False
    assert fulfils({"age_at_least": 65}) is None


def test_a_resident_is_one_by_address() -> None:
    assert fulfils({"resident_of": "taipei"}, held={"address": {"region": "台北市"}}) is True
    assert fulfils({"resident_of": "taipei"}, held={"address": {"region": "新北市"}}) is False
    assert fulfils({"resident_of": "taipei"}) is None


@pytest.mark.clause("10-II")
def test_what_nobody_noted_is_not_a_no() -> None:
    assert fulfils({"activated": "senior_card"}) is None
    assert fulfils({"activated": "senior_card"}, notes={"senior_card": False}) is False


def test_one_of_several_is_enough_and_all_of_several_are_needed() -> None:
    parts = [{"activated": "senior_card"}, {"activated": "low_income"}]
    one = {"senior_card": True}
    one_and_not = {"senior_card": True, "low_income": False}

    assert fulfils({"any_of": parts}, notes=one) is True
    assert fulfils({"all_of": parts}, notes=one) is None
    assert fulfils({"all_of": parts}, notes=one_and_not) is False
    assert fulfils({"any_of": parts}, notes={"senior_card": False}) is None


@given(RULES, FACTS)
def test_deciding_is_total(rule: Rule, facts: Facts) -> None:
    assert eligibility.fulfils(rule, facts) in {True, False, None}


@given(RULES, FACTS)
def test_knowing_less_never_turns_an_answer_round(rule: Rule, facts: Facts) -> None:
    known = eligibility.fulfils(rule, facts)
    nothing = eligibility.fulfils(rule, Facts(held={}, notes={}, today=TODAY))

    assert nothing is None or nothing == known


@given(RULES)
def test_a_rule_is_the_same_after_being_written_and_read(rule: Rule) -> None:
    form = eligibility.form(rule)

    assert eligibility.form(eligibility.parse(form)) == form
    assert eligibility.condition(eligibility.parse(form)) == eligibility.condition(rule)


@pytest.mark.refusal("offer.rule_invalid")
@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        [],
        "age_at_least",
        {"age_at_least": 0},
        {"age_at_least": 131},
        {"age_at_least": True},
        {"age_at_least": "65"},
        {"age_at_least": 65, "activated": "senior_card"},
        {"resident_of": "elsewhere"},
        {"activated": "senior card"},
        {"activated": "a" * 65},
        {"activated": "敬老卡"},
        {"any_of": []},
        {"any_of": {"age_at_least": 65}},
        {"all_of": [{"any_of": [{"all_of": [{"age_at_least": 65}]}]}]},
        {"any_of": [{"age_at_least": each} for each in range(1, 23)]},
    ],
    ids=str,
)
def test_anything_else_is_no_rule(data: object) -> None:
    with pytest.raises(Refused, match="rule_invalid"):
        eligibility.parse(data)


def test_a_rule_can_be_read_by_anybody() -> None:
    rule = eligibility.parse(
        {
            "all_of": [
                {"resident_of": "taipei"},
                {"any_of": [{"age_at_least": 65}, {"activated": "senior_card"}]},
            ]
        }
    )
    names = {"senior_card": Bilingual("敬老卡", "senior card")}

    assert eligibility.words(rule, names) == Bilingual(
        "住在臺北市，而且（已滿 65 歲，或有敬老卡）",
        "lives in Taipei, and (65 or older, or has the senior card)",
    )
