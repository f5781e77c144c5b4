"""What a command prints: a table for people, lines for programs, and how far it has come."""

import sys
from io import StringIO

import click
import pytest

from web.cli.console import progress, show_table

ROWS = [("臺北市立圖書館", "TPL"), ("Zoo", "Z")]


class Terminal(StringIO):
    """People read here."""

    def isatty(self) -> bool:
        return True


def test_at_a_terminal_columns_stand_below_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)

    show_table(("name", "code"), ROWS)

    assert click.unstyle(terminal.getvalue()).splitlines() == [
        "name            code",
        "臺北市立圖書館  TPL",
        "Zoo             Z",
    ]


def test_elsewhere_tabs_stand_between_them(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(("name", "code"), ROWS)

    assert capsys.readouterr().out.splitlines() == [
        "name\tcode",
        "臺北市立圖書館\tTPL",
        "Zoo\tZ",
    ]


@pytest.mark.parametrize(("total", "told"), [(3, "3/3"), (None, "3")])
def test_at_a_terminal_it_is_told_how_many_were_done(
    total: int | None, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)

    with progress("rows", total=total) as advance:
        advance(1)
        advance(2)

    assert click.unstyle(terminal.getvalue()).split()[-1] == told


def test_elsewhere_nobody_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("rows", total=3) as advance:
        advance(3)

    assert capsys.readouterr().err == ""
