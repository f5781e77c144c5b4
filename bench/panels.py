"""Draw small line charts side by side as one SVG: one panel an operation, from nought upwards.

No library: what is drawn is polylines and words, and the file is read in a document, in light and
in dark.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

NAMESPACE = "http://www.w3.org/2000/svg"
COLUMNS = 3
WIDTH, HEIGHT = 300, 190  # of a panel, with its margins
LEFT, RIGHT, TOP, BOTTOM = 48, 16, 34, 34
DASHES = ("", "7 4", "2 4")  # of the first, second and third line: told apart without colour
STYLE = """
    .ground { fill: #f2f6f7; }
    .axis { stroke: #748594; fill: none; }
    .line { stroke: #005f73; stroke-width: 2.5; fill: none; }
    .dot { fill: #005f73; }
    text { fill: #16212b; font: 13px system-ui, sans-serif; }
    .small { fill: #4a5866; font-size: 11px; }
    .middle { text-anchor: middle; }
    .end { text-anchor: end; }
    @media (prefers-color-scheme: dark) {
      .ground { fill: #0d151a; }
      .axis { stroke: #8497a5; }
      .line { stroke: #6fcbdb; }
      .dot { fill: #6fcbdb; }
      text { fill: #e9f0f3; }
      .small { fill: #aebdc7; }
    }
"""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One chart: lines by name, each with a value for every place."""

    title: str
    places: Sequence[str]  # from left to right
    lines: Mapping[str, Sequence[float]]


def drawn(title: str, description: str, panels: Sequence[Panel]) -> str:
    """Return the SVG, at most three panels in a row."""
    rows = -(-len(panels) // COLUMNS)
    width, height = WIDTH * min(COLUMNS, len(panels)), HEIGHT * rows
    parts = [
        f'<svg xmlns="{NAMESPACE}" viewBox="0 0 {width} {height}" role="img">',
        f'  <title id="title">{escape(title)}</title>',
        f"  <desc>{escape(description)}</desc>",
        f"  <style>{STYLE}  </style>",
        f'  <rect class="ground" width="{width}" height="{height}" rx="12"/>',
    ]
    for number, panel in enumerate(panels):
        x, y = number % COLUMNS * WIDTH, number // COLUMNS * HEIGHT
        parts += [f'  <g transform="translate({x} {y})">', *_panel(panel), "  </g>"]
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel) -> Iterator[str]:
    most = max((value for line in panel.lines.values() for value in line), default=0) or 1.0
    floor = HEIGHT - BOTTOM
    yield f'    <text x="{LEFT}" y="20">{escape(panel.title)}</text>'
    yield f'    <path class="axis" d="M{LEFT} {TOP}V{floor}H{WIDTH - RIGHT}"/>'
    yield f'    <text class="small end" x="{LEFT - 6}" y="{TOP + 4}">{most:.3g}</text>'
    yield f'    <text class="small end" x="{LEFT - 6}" y="{floor}">0</text>'
    for number, place in enumerate(panel.places):
        x = _across(number, len(panel.places))
        yield f'    <text class="small middle" x="{x:.1f}" y="{floor + 18}">{escape(place)}</text>'
    for dashes, values in zip(DASHES, panel.lines.values(), strict=False):
        yield from _line(values, most, dashes)


def _line(values: Sequence[float], most: float, dashes: str) -> Iterator[str]:
    spots = [
        (_across(number, len(values)), HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / most)
        for number, value in enumerate(values)
    ]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in spots)
    yield f'    <path class="line" stroke-dasharray="{dashes or "none"}" d="M{path}"/>'
    for x, y in spots:
        yield f'    <circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="3.5"/>'


def _across(number: int, count: int) -> float:
    """Return how far right the place stands; the outermost keep their words inside the panel."""
    first, last = LEFT + 24, WIDTH - RIGHT - 24
    return first + (last - first) * number / max(1, count - 1)
