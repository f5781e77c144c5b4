"""Hide what is small in a table of counts, and what would tell it by subtraction (10-I(4))."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Counts:
    """A column of a table: None is hidden, and so is a total from which it could be worked out."""

    cells: Mapping[str, int | None]
    total: int | None


def suppressed(counts: Mapping[str, int], *, smallest: int) -> Counts:
    """Return the counts that single nobody out: no cell between one and `smallest`.

    One hidden cell beside a total would be told by subtraction, so what is hidden is at least two
    cells that hold `smallest` together; where there are not as many, the total is hidden too.
    """
    hidden = {name for name, count in counts.items() if 0 < count < smallest}
    shown = sorted((count, name) for name, count in counts.items() if count >= smallest)
    while hidden and shown and not _covers(counts, hidden, smallest):
        hidden.add(shown.pop(0)[1])
    is_covered = not hidden or _covers(counts, hidden, smallest)
    return Counts(
        {name: None if name in hidden else count for name, count in counts.items()},
        sum(counts.values()) if is_covered else None,
    )


def _covers(counts: Mapping[str, int], hidden: set[str], smallest: int) -> bool:
    return len(hidden) > 1 and sum(counts[name] for name in hidden) >= smallest
