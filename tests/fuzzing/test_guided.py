"""A look led by coverage at every parser, for seconds; `make fuzz` takes a minute for each."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

# For each parser. The seed is fixed, for a commit must not fail by what it has nothing to do with.
LOOK = ("--seconds", "3", "--seed", "1")


@pytest.mark.slow
@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris has no wheel for this computer")
def test_a_look_led_by_coverage_breaks_no_parser(tmp_path: Path) -> None:
    looked = subprocess.run(
        [sys.executable, "-m", "tests.fuzzing", *LOOK, "--into", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    assert looked.returncode == 0, looked.stdout
