"""Ask whether anything that the locks name is known to be vulnerable: `python -m tests.advisories`.

pip-audit asks the index that packages come from; some mirrors have packages and no advisories. No
answer is no verdict: it is said, and fails nothing, for a build without network must stay possible.
With `--daily` that, or that all was well, is good for a day or until a lock changes.
"""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from kernel import clock

ROOT = Path(__file__).parents[1]
LOCKS = tuple(f"requirements/{name}.txt" for name in ("dev", "pdf", "otel"))  # dev has the others
STAMP = ROOT / ".venv" / "advisories.stamp"
GOOD_FOR = timedelta(days=1)
PATIENCE = 600  # seconds for all of them
PROGRAM = (sys.executable, "-m", "pip_audit", "--progress-spinner=off", "--timeout=5")
OPTIONS = ("--disable-pip", "--require-hashes", "--format=json")
PACKAGE = re.compile(r"^\S+==\S+( \\\n +--hash=\S+)+", re.MULTILINE)
Found = dict[str, Any]  # pip-audit's JSON


def found(locks: Sequence[Path]) -> Found | None:
    """Return what pip-audit says of these locks; None if it could not ask."""
    named = [f"--requirement={each}" for each in locks]
    try:
        said = subprocess.run(
            [*PROGRAM, *OPTIONS, *named],
            capture_output=True,
            check=False,
            text=True,
            timeout=PATIENCE,
        )
        answer: Found = json.loads(said.stdout)
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        return None
    return answer


def is_answered(answer: Found | None) -> bool:
    """Say whether anything is known of what was asked about, be it good or bad."""
    return answer is not None and any("vulns" in each for each in answer["dependencies"])


def vulnerable(answer: Found) -> list[str]:
    """Return a line for each advisory: what, which, and the version that cures it."""
    return [
        f"{each['name']} {each['version']}: {one['id']}, cured by "
        + " or ".join(one["fix_versions"])
        for each in answer["dependencies"]
        for one in each.get("vulns", ())
    ]


def verdict(answer: Found | None) -> tuple[int, list[str]]:
    """Return the exit code and what is said of an answer."""
    if answer is None or not is_answered(answer):
        return 0, ["not asked: no answer"]
    asked = answer["dependencies"]
    known = vulnerable(answer)
    unknown = [f"{each['name']}: no answer" for each in asked if "vulns" not in each]
    told = f"{len(asked) - len(unknown)} packages asked about, {len(known)} advisories"
    return int(bool(known)), [*known, *unknown, told]


def first_of(lock: Path, folder: Path) -> Path:
    """Write a lock of its first package alone: whether anybody answers is not asked of each."""
    first = PACKAGE.search(lock.read_text("utf-8"))
    alone = folder / lock.name
    alone.write_text(first.group() if first else "", "utf-8")
    return alone


def is_recent(now: datetime) -> bool:
    """Say whether all is well according to an answer that is still good."""
    if not STAMP.exists():
        return False
    asked_at = datetime.fromtimestamp(STAMP.stat().st_mtime, UTC)
    changed = max((ROOT / lock).stat().st_mtime for lock in LOCKS)
    return now - asked_at < GOOD_FOR and asked_at.timestamp() > changed


def main(arguments: Sequence[str]) -> int:
    """Ask, say what came of it, and remember that all was well."""
    if "--daily" in arguments and is_recent(clock.now()):
        return 0
    locks = [ROOT / lock for lock in LOCKS]
    with TemporaryDirectory() as folder:
        answer = found([first_of(locks[0], Path(folder))])
    code, lines = verdict(found(locks) if is_answered(answer) else None)
    sys.stdout.write("".join(f"{each}\n" for each in lines))
    if code == 0:
        STAMP.touch()
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
