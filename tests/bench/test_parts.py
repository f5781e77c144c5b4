"""The single parts are timed too; this proves that they still run."""

import pytest

from bench import parts


@pytest.mark.slow
def test_every_part_has_a_price(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "LINES", 50)
    monkeypatch.setattr(parts, "CITIES", (10, 20))
    said: list[str] = []

    found = parts.measure(("sqlite",), said.append)

    assert [each.name for each in found] == [
        "rules, one evaluation",
        "consent and ledger in a sign-in",
        "footprint page, 50 lines, 10 members",
        "footprint page, 50 lines, 20 members",
    ]
    assert found[0].here_us > 0
    assert said
