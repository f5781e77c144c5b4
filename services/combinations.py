"""Find the groups that yes and no to several offers tell apart, and how small they can be: pure.

65 or older and 66 or older are two large groups; yes to one and no to the other is a small one
(10-I(4)). Each group is bounded from below by what is true whoever overlaps with whom.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple

from services import eligibility
from services.eligibility import AgeAtLeast, AllOf, AnyOf, Rule

MOST_RULES = 5  # of one merchant at once: the groups double with each


class Bounds(NamedTuple):
    """Between how many people."""

    least: int
    most: int


def bounds(rule: Rule, figures: Mapping[str, int], *, total: int) -> Bounds:
    """Return between how many people fulfil a rule; without figures, between none and all."""
    known = figures.get(eligibility.condition(rule))
    if known is not None:
        return Bounds(min(known, total), min(known, total))
    if not isinstance(rule, AnyOf | AllOf):
        return Bounds(0, total)
    parts = [bounds(part, figures, total=total) for part in rule.parts]
    least, most = [each.least for each in parts], [each.most for each in parts]
    if isinstance(rule, AnyOf):
        return Bounds(max(least), min(sum(most), total))
    return Bounds(max(sum(least) - total * (len(parts) - 1), 0), min(most))


def implies(one: Rule, other: Rule) -> bool:
    """Say whether whoever fulfils `one` surely fulfils `other`; False where that is not plain."""
    if isinstance(one, AnyOf):
        return all(implies(part, other) for part in one.parts)
    if isinstance(other, AllOf):
        return all(implies(one, part) for part in other.parts)
    if isinstance(one, AgeAtLeast) and isinstance(other, AgeAtLeast):
        return one.years >= other.years
    inside = isinstance(one, AllOf) and any(implies(part, other) for part in one.parts)
    around = isinstance(other, AnyOf) and any(implies(one, part) for part in other.parts)
    return one == other or inside or around


def are_large(
    rules: Sequence[Rule], figures: Mapping[str, int], *, total: int, smallest: int
) -> bool:
    """Say whether every group that the answers to these rules tell apart is many enough.

    A group that is surely empty singles nobody out. One rule has two groups, yes and no.
    """
    distinct = list({eligibility.condition(rule): rule for rule in rules}.values())
    if len(distinct) > MOST_RULES:
        return False
    return all(
        _is_empty(yes, no) or _least(yes, no, figures, total=total) >= smallest
        for yes, no in _groups(distinct)
    )


def _groups(rules: Sequence[Rule]) -> list[tuple[list[Rule], list[Rule]]]:
    """Return what is fulfilled and what is not, for every combination of answers."""
    answers = product((True, False), repeat=len(rules))
    told = [list(zip(rules, said, strict=True)) for said in answers]
    return [
        ([rule for rule, fulfilled in each if fulfilled], [rule for rule, yes in each if not yes])
        for each in told
    ]


def _is_empty(yes: list[Rule], no: list[Rule]) -> bool:
    return any(implies(one, other) for one in yes for other in no)


def _least(yes: list[Rule], no: list[Rule], figures: Mapping[str, int], *, total: int) -> int:
    """Return how many at least fulfil all of `yes` and none of `no`."""
    inside = _all_of(yes, figures, total=total).least
    without = (_all_of([*yes, rule], figures, total=total).most for rule in _widest(no))
    return inside - sum(without)


def _widest(rules: list[Rule]) -> list[Rule]:
    """Return the rules without those that imply another one of them."""
    kept: list[Rule] = []
    for rule in rules:
        if not any(implies(rule, other) for other in kept):
            kept = [other for other in kept if not implies(other, rule)] + [rule]
    return kept


def _all_of(rules: list[Rule], figures: Mapping[str, int], *, total: int) -> Bounds:
    """Return between how many people fulfil all the rules, leaving out what others imply."""
    kept: list[Rule] = []
    for rule in rules:
        if not any(implies(other, rule) for other in kept):
            kept = [other for other in kept if not implies(rule, other)] + [rule]
    if not kept:
        return Bounds(total, total)
    return bounds(kept[0] if len(kept) == 1 else AllOf(tuple(kept)), figures, total=total)
