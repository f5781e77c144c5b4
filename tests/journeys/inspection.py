"""Look at a page as many people would see it, and say what is wrong with it."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, ViewportSize

PROBES = Path(__file__).with_name("probes.js").read_text(encoding="utf-8")
PICTURES = os.environ.get("TAIPEI_ID_TEST_PICTURES", "")  # a folder, if somebody wants to look

SCREENS: dict[str, ViewportSize] = {
    "390": {"width": 390, "height": 844},
    "1280": {"width": 1280, "height": 900},
}
# A desk has the colours of a phone, so that its night would tell nothing new.
LOOKS: tuple[tuple[str, Literal["light", "dark"]], ...] = (
    ("390", "light"),
    ("390", "dark"),
    ("1280", "light"),
)
NARROWEST: ViewportSize = {"width": 320, "height": 640}
MOST_STOPS = 150

# The dark page is the same page: only its colours can be wrong.
RULES = {
    "light": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"],
    },
    "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}
RUN_AXE = """rules => axe.run(document, {
  resultTypes: ['violations'],
  runOnly: rules,
}).then(results => results.violations.flatMap(violation =>
  violation.nodes.map(node => `${violation.id}: ${node.html.slice(0, 200)} ${node.failureSummary}`)
))"""


def faults(page: Page, *, language: str, name: str) -> Iterator[str]:
    """Yield a sentence for everything that is wrong with the page as it stands."""
    page.evaluate(AXE_SCRIPT)
    page.evaluate(PROBES)
    for width, scheme in LOOKS:
        page.set_viewport_size(SCREENS[width])
        page.emulate_media(color_scheme=scheme)
        found = [*page.evaluate(RUN_AXE, RULES[scheme]), *_run(page, "faintBorders")]
        yield from (f"[{width} {scheme}] {fault}" for fault in found)
        _picture(page, f"{name}-{language}-{width}-{scheme}")
        yield from (f"[{width}] {fault}" for fault in _run(page, "smallTargets"))
    page.emulate_media(color_scheme="light")
    yield from (f"a program's word: {it}" for it in _run(page, "unsaid"))
    if language == "en":
        yield from (f"Chinese in English, {it}" for it in _run(page, "strayChinese"))
    yield from _too_wide(page)
    yield from _unseen_stops(page)


def faults_in_words(page: Page, *, name: str) -> Iterator[str]:
    """Yield what other words made wrong on an English page whose Chinese is inspected whole.

    Colours, borders and the way of the Tab key do not change with the language; and None is a word.
    """
    page.evaluate(AXE_SCRIPT)
    page.evaluate(PROBES)
    page.set_viewport_size(SCREENS["390"])
    found = [*page.evaluate(RUN_AXE, RULES["light"]), *_run(page, "smallTargets")]
    yield from (f"[390, English] {fault}" for fault in found)
    yield from (f"Chinese in English, {it}" for it in _run(page, "strayChinese"))
    yield from (f"[English] {fault}" for fault in _too_wide(page))
    _picture(page, f"{name}-en")


def _too_wide(page: Page) -> Iterator[str]:
    page.set_viewport_size(NARROWEST)
    yield from (f"[320] {fault}" for fault in _run(page, "overflow"))
    yield from (f"[320, spaced] {fault}" for fault in _run(page, "spacedOverflow"))


def _run(page: Page, probe: str) -> list[str]:
    found: list[str] = page.evaluate(f"() => probes.{probe}()")
    return found


def _unseen_stops(page: Page) -> Iterator[str]:
    """Walk the page by the Tab key; every stop must be seen, and there must be an end."""
    page.evaluate("() => { document.activeElement?.blur(); window.getSelection()?.empty() }")
    visited: list[int] = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate("() => probes.focused()")
        if stop is None or stop["place"] in visited[:1]:
            if not visited:
                yield "nothing on the page can be reached by keyboard"
            return
        visited.append(stop["place"])
        if not (stop["drawn"] and stop["shown"]):
            yield f"focus cannot be seen on {stop['name']}"
    yield "the Tab key never comes to an end"


def _picture(page: Page, name: str) -> None:
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        file = Path(PICTURES) / f"{name.replace(' ', '-')}.png"
        page.screenshot(path=file, full_page=True)
