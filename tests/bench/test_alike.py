"""Whether a wait tells more than the answer: the measure can tell, and finds nothing to tell.

No number of milliseconds is expected: kinds are compared by their ranks within rounds, in an order
drawn anew, and chance alone would fail a place here once in a million runs.
"""

import math
import time
from collections.abc import Iterable
from functools import partial

import pytest

from bench import alike, doors
from bench.alike import KINDS, p_value, planted

CALM, FEW = 200, 120  # rounds


def rounds(count: int = CALM) -> list[dict[str, float]]:
    """Return rounds in which all kinds are alike: the same made-up noise, dealt out in turn."""
    noise = [math.sin(n * n) for n in range(count * len(KINDS))]
    return [
        {kind: 1 + 0.2 * noise[len(KINDS) * row + place] for place, kind in enumerate(KINDS)}
        for row in range(count)
    ]


@pytest.mark.clause("10(4)")
def test_kinds_that_are_alike_are_not_told_apart() -> None:
    assert p_value(rounds(), permutations=200) > 0.05


@pytest.mark.clause("10(4)")
def test_a_kind_that_is_a_little_slower_is_found() -> None:
    assert p_value(planted(rounds(), 0.1), permutations=200) < 0.01


def test_the_measure_says_how_small_a_difference_it_would_see() -> None:
    assert alike.visible(rounds(40)) in alike.PLANTED
    assert alike.visible(rounds(1)) is None  # one round proves nothing


def test_a_slow_machine_slows_all_kinds_alike() -> None:
    slowing = [
        {kind: value + number for kind, value in each.items()}
        for number, each in enumerate(rounds())
    ]

    assert p_value(slowing, permutations=200) > 0.05


def test_ranks_are_places() -> None:
    assert alike.ranks([30.0, 10.0, 20.0]) == [2, 0, 1]


def test_chance_is_no_finding_and_what_is_there_twice_is() -> None:
    sure, chance = alike.SURE / 2, alike.SURE * 2
    looks = [{"till": sure, "login": sure, "hint": chance}, {"till": sure, "login": chance}]
    calm = [{"till": chance}]

    assert alike.told_apart(lambda: looks.pop(0)) == {"till"}
    assert alike.told_apart(lambda: calm.pop(0)) == set()  # and does not look again


@pytest.mark.slow
@pytest.mark.clause("10(4)")
def test_at_a_till_the_clock_tells_no_yes_from_a_no_and_no_reason() -> None:
    assert alike.told_apart(lambda: p_values(alike.watched("sqlite", FEW, quietly))) == set()


@pytest.mark.slow
def test_at_no_door_the_clock_tells_a_stranger_from_a_member() -> None:
    assert alike.told_apart(lambda: p_values(doors.watched("sqlite", FEW, quietly))) == set()


@pytest.mark.slow
def test_at_each_door_a_member_who_waits_longer_is_found() -> None:
    def slower(kind: str, ask: doors.Ask) -> doors.Ask:
        return partial(thrice, ask) if kind == "member" else ask

    look = partial(doors.watched, "sqlite", FEW // 2, quietly, plant=slower)

    assert len(alike.told_apart(lambda: p_values(look()))) == 3


def thrice(ask: doors.Ask) -> None:
    """Ask, and wait twice as long again: as long on a busy machine as it takes there."""
    began = time.perf_counter()
    ask()
    time.sleep(2 * (time.perf_counter() - began))


def p_values(watched: Iterable[tuple[str, alike.Rounds]]) -> dict[str, float]:
    return {where: p_value(taken) for where, taken in watched}


def quietly(_said: str) -> None:
    """Tell nobody how far it is."""
