"""Groups that several offers tell apart, held against made-up cities counted one by one."""

from collections.abc import Mapping, Sequence
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.combinations import MOST_RULES, are_large, bounds, implies
from services.eligibility import (
    Activated,
    AgeAtLeast,
    AllOf,
    AnyOf,
    Facts,
    Rule,
    condition,
    conditions,
    fulfils,
)
from services.populations import EVERYBODY
from tests.services.test_eligibility import RULES, TODAY

K = 50
YEARS = ("1930-01-01", "1960-01-01", "1990-01-01")
people = st.lists(
    st.builds(
        Facts,
        held=st.fixed_dictionaries(
            {
                "birthdate": st.sampled_from(YEARS),
                "address": st.sampled_from([{"region": "臺北市"}, {"region": "新北市"}]),
            }
        ),
        notes=st.fixed_dictionaries(
            {code: st.booleans() for code in ("senior_card", "low_income")}
        ),
        today=st.just(TODAY),
    ),
    max_size=12,
)


def count(rule: Rule, city: list[Facts]) -> int:
    return sum(fulfils(rule, person) is True for person in city)


def counted(asked: list[Rule], city: list[Facts]) -> dict[str, int]:
    single = {each for rule in asked for each in conditions(rule)}
    return {EVERYBODY: len(city)} | {condition(each): count(each, city) for each in single}


@given(RULES, people)
def test_the_true_number_lies_within_its_bounds(rule: Rule, city: list[Facts]) -> None:
    least, most = bounds(rule, counted([rule], city), total=len(city))

    assert least <= count(rule, city) <= most


@given(RULES, RULES, people)
def test_who_fulfils_one_fulfils_what_it_implies(one: Rule, other: Rule, city: list[Facts]) -> None:
    if implies(one, other):
        assert all(fulfils(other, each) for each in city if fulfils(one, each))


@pytest.mark.clause("10(4)")
@given(st.lists(RULES, min_size=1, max_size=3), people, st.integers(1, 4))
def test_what_passes_singles_out_no_group_smaller_than_asked(
    asked: list[Rule], city: list[Facts], smallest: int
) -> None:
    if not are_large(asked, counted(asked, city), total=len(city), smallest=smallest):
        return
    for said in product((True, False), repeat=len(asked)):
        group = [
            person
            for person in city
            if all(fulfils(rule, person) is yes for rule, yes in zip(asked, said, strict=True))
        ]
        assert not group or len(group) >= smallest


def large(rules: Sequence[Rule], known: Mapping[str, int], *, smallest: int = K) -> bool:
    return are_large(rules, known, total=known.get(EVERYBODY, 0), smallest=smallest)


def figures(**more: int) -> dict[str, int]:
    return {
        EVERYBODY: 1000,
        condition(AgeAtLeast(65)): 400,
        condition(AgeAtLeast(66)): 390,
        condition(AgeAtLeast(60)): 500,
        condition(Activated("library_card")): 300,
    } | more


@pytest.mark.clause("10(4)")
def test_a_large_yes_and_a_large_no_pass() -> None:
    assert large([AgeAtLeast(65)], figures())


@pytest.mark.clause("10(4)")
@pytest.mark.parametrize("people", [49, 951])
def test_a_yes_or_a_no_of_few_does_not(people: int) -> None:
    small = figures() | {condition(AgeAtLeast(65)): people}

    assert not large([AgeAtLeast(65)], small)


@pytest.mark.clause("10(4)")
def test_two_large_offers_that_single_few_out_together_do_not() -> None:
    assert large([AgeAtLeast(65), AgeAtLeast(60)], figures())
    assert not large([AgeAtLeast(65), AgeAtLeast(66)], figures())


@pytest.mark.clause("10(4)")
def test_an_unknown_overlap_counts_as_the_worst_until_it_is_published() -> None:
    pair: list[Rule] = [AgeAtLeast(65), Activated("library_card")]
    published = figures() | {condition(AllOf(tuple(pair))): 120}

    assert not large(pair, figures())
    assert large(pair, published)


def test_the_same_rule_twice_is_one_rule() -> None:
    assert large([AgeAtLeast(65), AnyOf((AgeAtLeast(65),))], figures())


@pytest.mark.parametrize("known", [{}, {EVERYBODY: 1000}])
def test_without_figures_nothing_passes(known: dict[str, int]) -> None:
    assert not large([AgeAtLeast(65)], known)


def test_more_rules_than_can_be_looked_through_do_not_pass() -> None:
    many: list[Rule] = [AgeAtLeast(years) for years in range(10, 11 + MOST_RULES)]
    known = {EVERYBODY: 10**9} | {condition(each): 10**8 for each in many}

    assert not large(many, known, smallest=1)
