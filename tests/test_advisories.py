"""What is known of a package's weaknesses stops the check; that nobody answers does not."""

from pathlib import Path

from tests import advisories

KNOWN = {
    "name": "flask",
    "version": "0.1",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["0.2", "1.0"]}],
}
SOUND = {"name": "click", "version": "8.5", "vulns": []}
UNANSWERED = {"name": "rich", "skip_reason": "not found"}


def test_a_known_weakness_fails_with_its_cure() -> None:
    code, lines = advisories.verdict({"dependencies": [KNOWN, SOUND, UNANSWERED]})

    assert code == 1
    assert lines[:2] == ["flask 0.1: PYSEC-1, cured by 0.2 or 1.0", "rich: no answer"]


def test_no_answer_is_said_and_fails_nothing() -> None:
    for answer in (None, {"dependencies": [UNANSWERED]}):
        assert advisories.verdict(answer) == (0, ["not asked: no answer"])


def test_sound_packages_pass() -> None:
    assert advisories.verdict({"dependencies": [SOUND]})[0] == 0


def test_the_first_package_of_a_lock_is_asked_about_alone(tmp_path: Path) -> None:
    alone = advisories.first_of(advisories.ROOT / advisories.LOCKS[0], tmp_path).read_text("utf-8")

    assert alone.count("==") == 1
    assert "--hash=sha256:" in alone
