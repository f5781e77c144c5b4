"""Whoever catches a refusal and shows the page again keeps nothing of the step that was refused.

What a request did is committed with its answer, so a view that turns a refusal into a page must
have put the step into `scope.step()`, or undo the request.
"""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.regulation import ROOT

UNDOES = ("abandon(", "rollback(", "undo(")
FOLLOWED = 3  # calls deep
CONSOLES = re.compile("(agency|audit|clerk|desk|doit|merchant|sanction)_")
# Failures are counted there and stay counted; nothing else was begun when they are refused.
DOORS = re.compile(
    r"account(_cards|_confirm|_found|_leaving)?|interaction_\w+|step_up|recover\w*|card_reading"
    r"|device|phone|express"
)
# These only read or parse before they are refused, or are jobs with transactions of their own.
READERS = {
    "account_contact._read",
    "activate._born",
    "apply._is_represented",
    "apply_fields.read",
    "asking_pages.ask",
    "carrier_binding.barred",
    "closing._delete_one",
    "incident_jobs.__call__",
    "rule_reviews._one",
}


def views() -> dict[str, ast.FunctionDef]:
    return {
        f"{path.stem}.{each.name}": each
        for path in sorted((ROOT / "web").glob("*.py"))
        for each in ast.walk(ast.parse(path.read_text()))
        if isinstance(each, ast.FunctionDef)
    }


def undoes(words: str, module: str, known: dict[str, ast.FunctionDef], depth: int = 0) -> bool:
    if any(each in words for each in UNDOES):
        return True
    called = re.findall(r"(?<![\w.])(\w+(?:\.\w+)?)\(", words)
    names = [each if "." in each else f"{module}.{each}" for each in called]
    return depth < FOLLOWED and any(
        undoes(ast.unparse(known[each]), each.partition(".")[0], known, depth + 1)
        for each in names
        if each in known
    )


def half_steps(known: dict[str, ast.FunctionDef]) -> Iterator[str]:
    for name, view in known.items():
        module = name.partition(".")[0]
        if DOORS.fullmatch(module) or name in READERS:
            continue
        for tried in (each for each in ast.walk(view) if isinstance(each, ast.Try)):
            if any("step()" in ast.unparse(each).partition("\n")[0] for each in tried.body):
                continue
            for handler in tried.handlers:
                caught = "" if handler.type is None else ast.unparse(handler.type)
                words = "\n".join(map(ast.unparse, handler.body))
                is_shown = "Refused" in caught and "raise" not in words
                if is_shown and not undoes(words, module, known):
                    yield f"{name}: {words}"


def test_no_page_commits_half_a_step() -> None:
    assert list(half_steps(views())) == []


@pytest.mark.clause("9")
def test_consoles_that_undo_what_was_refused_say_what_it_was() -> None:
    silent = [
        name
        for name, view in views().items()
        if CONSOLES.match(name)
        for tried in ast.walk(view)
        if isinstance(tried, ast.Try)
        for handler in tried.handlers
        if handler.type is not None and "Refused" in ast.unparse(handler.type)
        for words in map(ast.unparse, handler.body)
        if re.search(r"abandon\(\)|undo\(\)|rollback\(\)", words)
    ]

    assert silent == []


def test_half_a_step_would_be_noticed() -> None:
    view = ast.parse(
        "def change():\n try:\n  write()\n except Refused as refused:\n  return page(refused)"
    ).body[0]
    assert isinstance(view, ast.FunctionDef)

    assert list(half_steps({"desk.change": view})) == ["desk.change: return page(refused)"]
