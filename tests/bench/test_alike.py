"""Whether a till's wait tells more than its answer is measured; here, that the measure can tell."""

import math

import pytest

from bench import alike, doors
from bench.alike import KINDS, p_value, planted

CALM = 200  # rounds


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


@pytest.mark.slow
def test_strangers_are_measured_beside_members_at_each_door() -> None:
    found = doors.measure(("sqlite",), 3, lambda _: None)

    assert len(found) == 3
    assert all(set(each.medians_us) == set(doors.KINDS) for each in found)


@pytest.mark.slow
def test_every_kind_is_measured_at_a_real_till() -> None:
    (found,) = alike.measure(("sqlite",), 3, lambda _: None)

    assert set(found.medians_us) == set(KINDS)
    assert 0 < found.p_value <= 1
