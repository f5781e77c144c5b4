"""Put what was measured into docs/performance.md, and pictures beside it."""

from collections.abc import Iterable, Sequence
from pathlib import Path

DOCS = Path(__file__).parent.parent / "docs"
DOCUMENT = DOCS / "performance.md"
IMAGES = DOCS / "images"


def put(name: str, text: str) -> None:
    """Put a text between the markers of this name. Raises ValueError without them."""
    begin, end = markers(name)
    head, found_begin, rest = DOCUMENT.read_text().partition(begin)
    _, found_end, tail = rest.partition(end)
    if not found_begin or not found_end:
        raise ValueError(f"{DOCUMENT} has lost its markers of {name}")
    DOCUMENT.write_text(f"{head}{begin}\n\n{text}\n\n{end}{tail}")


def markers(name: str) -> tuple[str, str]:
    """Return what stands before and after the text of this name."""
    return f"<!-- {name}: begin -->", f"<!-- {name}: end -->"


def table(titles: Sequence[str], lines: Iterable[Sequence[str]], *, left: int) -> str:
    """Return a Markdown table; all but the first `left` columns are numbers."""
    rule = ["---" if number < left else "---:" for number in range(len(titles))]
    return "\n".join("| " + " | ".join(line) + " |" for line in (titles, rule, *lines))


def picture(name: str, svg: str) -> None:
    """Write a picture."""
    (IMAGES / f"{name}.svg").write_text(svg)
