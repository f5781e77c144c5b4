"""Processes of one machine count together; a successor goes on where the former one stopped."""

import subprocess
import sys
from pathlib import Path

from kernel import metrics

COUNTING = """
import sys
from pathlib import Path
from kernel import metrics

metrics.ARGON2.labels("waiting").inc()  # in the parent, before the fork, as it were
metrics.share(Path(sys.argv[1]))
metrics.SIGN_INS.labels("password", "failed").inc(int(sys.argv[2]))
metrics.ARGON2.labels("computing").inc()
print("counted", flush=True)
sys.stdin.read()
"""


def counting(folder: Path, times: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", COUNTING, str(folder), str(times)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "counted\n"
    return process


def told(folder: Path) -> list[str]:
    return metrics.told((), folder=folder).decode().splitlines()


def test_counts_outlive_the_process_and_its_doings_do_not(tmp_path: Path) -> None:
    first, second = counting(tmp_path, 2), counting(tmp_path, 3)
    assert 'taipei_id_argon2{state="computing"} 2.0' in told(tmp_path)
    first.kill()
    first.communicate()

    third = counting(tmp_path, 4)

    assert 'taipei_id_sign_ins_total{method="password",result="failed"} 9.0' in told(tmp_path)
    assert 'taipei_id_argon2{state="computing"} 2.0' in told(tmp_path)
    assert not any('"waiting"' in line for line in told(tmp_path))
    assert {path.name for path in tmp_path.glob("counter_*")} == {"counter_0.db", "counter_1.db"}
    for process in (second, third):
        process.communicate("")
