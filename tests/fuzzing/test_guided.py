"""A look led by coverage at every parser, for seconds; `make fuzz` takes a minute for each."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

SECONDS = "3"  # for each parser


@pytest.mark.slow
@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris has no wheel for this computer")
def test_a_look_led_by_coverage_breaks_no_parser() -> None:
    looked = subprocess.run(
        [sys.executable, "-m", "tests.fuzzing", "--seconds", SECONDS],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    assert looked.returncode == 0, looked.stdout
