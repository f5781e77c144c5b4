"""What was measured among crowds becomes rows and a picture; a slope is of one worker."""

import re
from dataclasses import replace

from bench import sizes
from bench.measure import Row
from bench.panels import drawn
from bench.soak import Look, slope

FLOOR = Row(
    engine="sqlite",
    operation="floor",
    users=8,
    server_ms=0.5,
    store_ms=0,
    total_ms=0.5,
    least_ms=0.5,
    most_ms=0.5,
    p50_ms=1,
    p95_ms=2,
    p99_ms=3,
    per_second=1,
    worker_mb=100,
    samples=1,
    statements=0,
    transactions=0,
)


def test_growth_is_counted_in_floors_so_that_a_slower_hour_is_no_growth() -> None:
    sso = replace(FLOOR, operation="sso", total_ms=4)
    slower = [replace(each, total_ms=each.total_ms * 3) for each in (FLOOR, sso)]

    (found,) = sizes.by_operation({2_600_000: slower, 10_000: [FLOOR, sso]})

    assert (found.sizes, found.floors, found.growth) == ((10_000, 2_600_000), (8, 8), 1)
    picture = drawn("Cost", "by size", sizes.panels([found]))
    assert {"10k", "2.6M", "sso, CPU ms"} <= set(re.findall(r">([^<>]+)</text>", picture))


def test_a_worker_that_only_warms_up_does_not_grow() -> None:
    flat = [Look(0, 80), *(Look(1_000 * each, 100) for each in range(1, 9))]
    growing = [Look(1_000 * each, 100 + each) for each in range(9)]

    assert slope(flat) == 0
    assert round(slope(growing) or 0, 6) == 10
    assert slope(flat[:3]) is None
