"""What a command does stands on the trail as done by a command."""

import ast
from collections.abc import Iterator
from pathlib import Path

from web import cli


def records(file: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "trail.record":
            yield node


def test_every_line_of_a_command_says_so() -> None:
    found = [each for file in Path(cli.__path__[0]).glob("*.py") for each in records(file)]

    without = [ast.unparse(each) for each in found if "channel" not in map(_name, each.keywords)]

    assert len(found) > 10
    assert without == []


def _name(given: ast.keyword) -> str | None:
    return given.arg
