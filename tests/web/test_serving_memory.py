"""What a request needed for a moment is the system's again when the request has ended."""

import subprocess
import sys

import pytest

HASHED = """
import re
from pathlib import Path
from types import SimpleNamespace
from adapters.password.hashing import Hasher
from web import serving

def held():
    return int(re.search(r"VmRSS:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

hasher = Hasher(parallel=1)
before = held()
for _ in range(3):
    hasher.hash("a password of somebody")
print(held() - before)
for number in range(serving.REQUESTS_BETWEEN):
    serving.give_back(SimpleNamespace(nr=number), None, None, None)
print(held() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_worker_keeps_the_memory_that_a_password_took_for_the_next_few_requests() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", HASHED], check=True, capture_output=True, text=True
    )

    kept, held = map(int, answer.stdout.split())  # KiB; one hash takes 19 MiB
    assert kept > 16 * 1024
    assert held < 4 * 1024
