"""`taipei-id application` and `terms`: what waits, and what applicants agree to (8(2)1)."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from audit.models import TrailEntry
from kernel import clock
from kernel.db import sessions, transaction
from kernel.keyring import Keyring
from members import application_intake
from members.application_models import Channel
from tests.cli.conftest import Taipei
from tests.members.applying import ID_CARD, NATIONAL, THIRD_NATIONAL, a_form


@pytest.fixture
def waiting(prepared: Engine, keyring: Keyring) -> list[str]:
    """Hand in one application online and one at a counter; return their numbers."""
    forms = {
        Channel.SITE: a_form(number=THIRD_NATIONAL),
        Channel.COUNTER: a_form(documents=(ID_CARD,)),
    }
    with transaction(sessions(prepared)) as session:
        return [
            application_intake.submit(
                session, form, channel=channel, keyring=keyring, now=clock.now()
            ).number
            for channel, form in forms.items()
        ]


def test_the_list_names_what_waits_and_nobody(taipei_id: Taipei, waiting: list[str]) -> None:
    listed = taipei_id("application", "list").stdout

    _, first, second = listed.splitlines()
    assert first.split("\t")[:2] == [waiting[1], "review_queue"]
    assert second.split("\t")[:2] == [waiting[0], "counter_confirming"]
    for personal in (NATIONAL, THIRD_NATIONAL, "測試一號"):
        assert personal not in listed


@pytest.mark.clause("8(2)1")
def test_terms_are_published_from_a_day_on(
    taipei_id: Taipei, prepared: Engine, tmp_path: Path
) -> None:
    zh, en = tmp_path / "zh.txt", tmp_path / "en.txt"
    zh.write_text("市府的申辦規定。\n", "utf-8")
    en.write_text("The city's terms.\n", "utf-8")
    texts = ("--zh", str(zh), "--en", str(en))
    assert "2026-1" in taipei_id("terms", "show").stdout

    taipei_id("terms", "publish", "--version", "2020-1", "--from", "2020-01-01", *texts)

    shown = taipei_id("terms", "show").stdout
    assert shown.splitlines()[0] == "2020-1"
    assert "市府的申辦規定。" in shown
    with transaction(sessions(prepared)) as session:
        trail = session.scalars(select(TrailEntry).where(TrailEntry.event == "terms.published"))
        assert [each.detail for each in trail] == [{"version": "2020-1", "channel": "cli"}]


@pytest.mark.clause("8(2)1")
@pytest.mark.parametrize(
    ("version", "day", "zh", "said"),
    [
        (" ", "2030-01-01", "規定".encode(), "terms.incomplete"),
        ("v" * 33, "2030-01-01", "規定".encode(), "terms.incomplete"),
        ("2030-1", "2030-01-01", b" \n", "terms.incomplete"),
        ("2030-1", "2019-12-31", "規定".encode(), "terms.day_passed"),
        ("2030-1", "2030-01-01", "規定".encode("big5"), "a file is not UTF-8"),
    ],
)
def test_terms_that_nobody_could_agree_to_are_refused_in_a_line(
    taipei_id: Taipei,
    prepared: Engine,
    tmp_path: Path,
    *,
    version: str,
    day: str,
    zh: bytes,
    said: str,
) -> None:
    text, en = tmp_path / "zh.txt", tmp_path / "en.txt"
    text.write_bytes(zh)
    en.write_text("Terms", "utf-8")
    words = ("terms", "publish", "--zh", str(text), "--en", str(en))
    good = (*words[:2], "--zh", str(en), "--en", str(en))
    assert taipei_id(*good, "--version", "2020-1", "--from", "2020-01-01").exit_code == 0

    refused = taipei_id(*words, "--version", version, "--from", day)

    assert refused.exit_code == 1
    assert said in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert taipei_id("terms", "show").stdout.startswith("2020-1")
