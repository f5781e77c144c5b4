"""Every `taipei-id …` in a document is a command there is, with options it has."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from tests.live.programs import ROOT
from web.cli import main

DOCUMENTS = ("README.md", "CHANGELOG.md", "deploy/*.md", "docs/*.md", "docs/runbooks/*.md")
IN_TEXT = re.compile(r"`(?:sudo )?(taipei-id(?: [^`]*)?)`")
END_OF_COMMAND = re.compile(r"\s(?:#|&&|\|\||[|;><)]|2>)")
ALERTS = ROOT / "deploy/prometheus/alerts.yaml"


def commands(document: Path) -> Iterator[str]:
    text = document.read_text("utf-8").replace("\\\n", " ")
    yield from IN_TEXT.findall(text)
    for block in re.findall(r"^ *```(?:sh|console)\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            for part in re.split(r"&&|\|\|", line):
                found = re.search(r"^\s*(?:\$ )?(?:\S*/)?(taipei-id .*)", part)
                if found:
                    yield found[1]


def mistake(command: str) -> str | None:
    """Return what is wrong with a documented command, None if it could be typed."""
    words = shlex.split(END_OF_COMMAND.split(command)[0], comments=True)[1:]
    if not words or "…" in words or words[0].startswith("-"):
        return None
    at: click.Command = main
    context = click.Context(main, info_name="taipei-id")
    while isinstance(at, click.Group) and words:
        *others, name = words.pop(0).split("|")
        following = at.get_command(context, name)
        if following is None or any(at.get_command(context, each) is None for each in others):
            return f"{command}: there is no {name}"
        at, context = following, click.Context(following, info_name=name, parent=context)
    if {"-h", "--help"} & set(words):
        return None
    try:
        left = at.make_parser(context).parse_args(words)[1]
    except click.BadOptionUsage:
        return None  # named in a sentence, without the value it takes
    except click.UsageError as wrong:
        return f"{command}: {wrong.message}"
    return f"{command}: {left} is too much" if left else None


def test_every_documented_command_exists_with_its_options() -> None:
    documents = [path for pattern in DOCUMENTS for path in ROOT.glob(pattern)]
    said = [command for document in documents for command in commands(document)]

    assert len(said) > 100
    assert [wrong for command in said if (wrong := mistake(command)) is not None] == []
    assert mistake("taipei-id keys rotate --slowly") is not None
    assert mistake("taipei-id keys turn") is not None


def test_every_alert_leads_to_a_runbook_and_every_runbook_is_listed() -> None:
    folder = ROOT / "docs/runbooks"
    pages = {path.name for path in folder.glob("*.md")} - {"README.md"}

    assert pages == set(re.findall(r"\]\(([a-z-]+\.md)\)", (folder / "README.md").read_text()))
    assert set(re.findall(r"runbook: docs/runbooks/(\S+)", ALERTS.read_text())) <= pages


def test_whoever_is_woken_by_an_alert_finds_its_name_in_the_runbook() -> None:
    alerts = re.findall(
        r"- alert: (\S+)$.*?runbook: (\S+)$", ALERTS.read_text(), re.DOTALL | re.MULTILINE
    )

    assert len(alerts) > 10
    assert [name for name, page in alerts if f"`{name}`" not in (ROOT / page).read_text()] == []
