"""Work out bar charts as plain shapes; the template draws them as SVG beside a table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from audit.figures import SMALLEST

WIDTH, HEIGHT, GAP = 720, 160, 0.25


@dataclass(frozen=True)
class Bar:
    """One bar, in the units of the drawing."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Plot:
    """Bars from left to right, and the number at the top."""

    bars: tuple[Bar, ...]
    top: int
    width: int = WIDTH
    height: int = HEIGHT


def plot(counts: Sequence[int]) -> Plot:
    """Return the bars of these counts; what is too small to be shown is flat."""
    drawn = [shown([count]) for count in counts]
    top = max(drawn, default=0)
    room = WIDTH / max(len(counts), 1)
    bars = []
    for place, count in enumerate(drawn):
        height = HEIGHT * count / top if top else 0
        bars.append(
            Bar(
                x=round(room * (place + GAP / 2), 1),
                y=round(HEIGHT - height, 1),
                width=round(room * (1 - GAP), 1),
                height=round(height, 1),
            )
        )
    return Plot(tuple(bars), top)


def shown(counts: Iterable[int]) -> int:
    """Add up what the table beside the plot says: the rest would tell the small ones (10-I(4))."""
    return sum(each for each in counts if each >= SMALLEST)


def said(count: int) -> str:
    """Return a count for a table: small ones could single people out (10-I(4))."""
    return str(count) if count == 0 or count >= SMALLEST else f"< {SMALLEST}"
