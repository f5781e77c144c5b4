"""Whoever names a test as a safeguard names one there is."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`([a-z_/]+\.py)::(test_\w+)`")
ROWS = {
    "RFC 9700, section 4": {f"4.{number}" for number in range(1, 18)},
    "FAPI 2.0 attacker model": {"A1", "A1a", "A2", "A3a", "A3b", "A5", "A7"},
}


def test_every_safeguard_of_the_threat_model_has_its_test() -> None:
    text = (ROOT / "docs/threat-model.md").read_text("utf-8")
    rows = re.findall(r"^\| (?:[STRIDE]|4\.\d+|A\d\w?) \|.*$", text, re.MULTILINE)
    sources = {file: (ROOT / "tests" / file).read_text("utf-8") for file, _ in NAMED.findall(text)}

    assert [row for row in rows if not NAMED.search(row)] == []
    assert [
        f"{file}::{name}"
        for file, name in NAMED.findall(text)
        if not re.search(rf"^def {name}\(", sources[file], re.MULTILINE)
    ] == []


def test_the_threat_model_answers_every_row_of_its_sources() -> None:
    text = (ROOT / "docs/threat-model.md").read_text("utf-8")
    for heading, expected in ROWS.items():
        section = text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]

        assert set(re.findall(r"^\| (4\.\d+|A\d\w?) \|", section, re.MULTILINE)) == expected
