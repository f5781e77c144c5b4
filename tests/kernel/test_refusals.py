import ast
import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import pytest

from kernel import refusals
from kernel.errors import NotFound, Refused
from kernel.refusals import CATALOGUE, UNKNOWN, refusal

HOUSE = Path(refusals.__file__).parent.parent
ROOMS = (
    "adapters",
    "audit",
    "carriers",
    "clients",
    "consent",
    "counters",
    "demo",
    "idp",
    "kernel",
    "members",
    "services",
    "web",
)
REFUSALS = {"Refused", "NotFound", "UntrustedRequest"}


def raised(tree: ast.Module) -> Iterator[str]:
    """Give each code a module refuses with, written out or as a constant of the module."""
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name), args=[ast.Constant(value=code), *_]):
                if name in REFUSALS:
                    yield str(code)
            case ast.Call(func=ast.Name(id=name), args=[ast.Name(id=constant), *_]):
                if name in REFUSALS:
                    yield str(constants[constant])


def sources() -> list[Path]:
    return sorted(path for room in ROOMS for path in (HOUSE / room).rglob("*.py"))


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(HOUSE)))
def test_every_code_that_is_raised_stands_in_the_catalogue(path: Path) -> None:
    codes = set(raised(ast.parse(path.read_text("utf-8"))))

    assert codes <= CATALOGUE.keys()


def test_the_search_finds_what_it_looks_for() -> None:
    source = 'FAILED = "a.b"\nraise Refused(FAILED)\nraise NotFound("c.d")\nraise KeyError("e")'

    assert list(raised(ast.parse(source))) == ["a.b", "c.d"]
    assert any(set(raised(ast.parse(path.read_text("utf-8")))) for path in sources())


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_an_entry_is_complete(code: str) -> None:
    entry = CATALOGUE[code]

    assert re.fullmatch(r"[a-z]+(\.[a-z0-9_]+)+", code)
    assert 400 <= HTTPStatus(entry.status) <= 599
    assert re.search(r"[\u4e00-\u9fff]", entry.title.zh)
    assert entry.title.en.strip()
    assert not re.search(r"[\u4e00-\u9fff]", entry.title.en)
    assert entry.clause is None or re.fullmatch(r"\d+(-I+)?(\(\d+\))?\d*", entry.clause)


def test_an_unknown_code_gives_nothing_away() -> None:
    assert refusal("no.such_code") is UNKNOWN


@pytest.mark.parametrize("code", ["login.failed", "member.not_found", "consent.not_found"])
def test_what_must_look_alike_carries_no_code_in_its_title(code: str) -> None:
    assert code not in refusal(code).title.en


@pytest.mark.refusal("record.not_found")
def test_what_is_not_yours_looks_like_what_is_not_there() -> None:
    assert NotFound().code == "record.not_found"
    assert refusal("session.not_found") == refusal("record.not_found")
    assert refusal("consent.not_found") == refusal("interaction.not_found")


def test_a_refusal_says_its_code_and_nothing_else() -> None:
    assert str(Refused("room.reason")) == "room.reason"
    assert Refused("room.reason").code == "room.reason"
