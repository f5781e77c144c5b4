"""SQLite's disk is full for a while: no promise is made that cannot be kept, then it goes on."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.full_disk import forgets_nothing, limited
from tests.live.programs import ROOT

pytestmark = pytest.mark.slow

ALONE = ("unshare", "--mount", "--fork", "--kill-child=SIGKILL")
AS_ROOT = () if os.geteuid() == 0 else ("--user", "--map-root-user")
SMALL = "mount -t tmpfs -o size=48m tmpfs"  # the tables, their log, and some sign-ins
ENTER = f"""set -e
{SMALL} "$1/disk"
exec "$2" -m tests.faults.full_disk "$1"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "disk").mkdir()
    return tmp_path


def test_a_full_disk_refuses_and_forgets_nothing(folder: Path) -> None:
    if alone(*SMALL.split(), str(folder / "disk")).returncode:  # nobody may mount a disk here
        assert '"event": "store.away"' in forgets_nothing(folder, limited)
        return

    done = alone("sh", "-c", ENTER, "sh", str(folder), sys.executable)

    assert done.returncode == 0, done.stderr
    assert '"sqlstate": "SQLITE_FULL"' in done.stdout


def alone(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a command that sees disks nobody else sees."""
    return subprocess.run(
        [*ALONE, *AS_ROOT, *command],
        cwd=ROOT,
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
