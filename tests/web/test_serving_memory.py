"""What a request needed for a moment is the system's again when the request has ended."""

import subprocess
import sys

import pytest

HASHED = """
import re
from pathlib import Path
from adapters.password.hashing import Hasher
from web import serving

def held():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

hasher = Hasher(parallel=1)  # the master has hashed one before it forks
serving.give_back()
before = held()
for _ in range(3):
    hasher.hash("a password of somebody")
print(held() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_worker_does_not_keep_the_memory_that_a_password_took() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", HASHED], check=True, capture_output=True, text=True
    )

    assert int(answer.stdout) < 4 * 1024  # KiB; one hash takes 19 MiB
