"""Look for inputs that break a parser, led by coverage: libFuzzer keeps what reaches new code.

Everything is imported once, with the counters that atheris writes into our code and the libraries'
that is written in Python; then each parser has a process of its own, two at a time.
"""

import hashlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path

import atheris
import click

COUNTED = ["adapters", "clients", "consent", "idp", "kernel", "members", "services", "web"]
LIBRARIES = ["joserfc", "webauthn"]

with (
    redirect_stderr(StringIO()),  # it names every module
    atheris.instrument_imports(include=COUNTED + LIBRARIES),
):
    from tests.fuzzing.targets import CORPUS, TARGETS

AT_ONCE = 2
LONGEST = 16 * 1024  # bytes of an input
SLOWEST = 30  # seconds for one input: what takes longer is a fault as well
TRIED = re.compile(r"number_of_executed_units: +(\d+)")
END = 3000  # characters of what was said that are shown


def look(names: Sequence[str], seconds: int, *, seed: int, into: Path) -> list[str]:
    """Try each parser for so long; return those that broke, and save what did.

    With a seed that is not 0 the same inputs are tried in the same order each time.
    """
    waiting, running, broken = list(names or sorted(TARGETS)), dict[int, str](), list[str]()
    folder = Path(tempfile.mkdtemp())
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            name = waiting.pop(0)
            running[_started(name, folder, into / name, max_total_time=seconds, seed=seed)] = name
        ended, status = os.wait()
        name = running.pop(ended)
        if not _stood(name, status, (folder / f"{name}.log").read_text("utf-8", "replace")):
            broken.append(name)
    shutil.rmtree(folder)  # by hand: the others leave through here as well, to save what broke them
    return broken


def _started(name: str, folder: Path, into: Path, **options: int) -> int:
    """Begin with one parser in a process of its own, and return its number."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        _fuzz(name, folder, into, **options)
    return child


def _fuzz(name: str, folder: Path, into: Path, **more: int) -> None:
    """Try inputs; what reached new code is kept for this run, what broke the parser for ever."""
    log = os.open(folder / f"{name}.log", os.O_WRONLY | os.O_CREAT)
    for stream in (1, 2):
        os.dup2(log, stream)
    kept = folder / name
    kept.mkdir()
    into.mkdir(exist_ok=True)
    options = {
        "artifact_prefix": f"{into}/broke-",
        "max_len": LONGEST,
        "print_final_stats": 1,
        "timeout": SLOWEST,
        **more,
    }
    said = [f"-{key}={value}" for key, value in options.items()]
    atheris.Setup([name, *said, str(kept), str(CORPUS / name)], _saving(name, into))
    atheris.Fuzz()
    sys.exit()  # not reached: it ends the process


def _saving(name: str, into: Path) -> Callable[[bytes], None]:
    """Save what breaks the parser: libFuzzer, which would, does not always come to it."""

    def stands(raw: bytes) -> None:
        try:
            TARGETS[name].stands(raw)
        except Exception:
            named = hashlib.sha1(raw, usedforsecurity=False).hexdigest()  # as libFuzzer does
            (into / f"broke-crash-{named}").write_bytes(raw)
            raise

    return stands


def _stood(name: str, status: int, said: str) -> bool:
    if status == 0:
        tried = TRIED.search(said)
        click.echo(f"{name}: {tried[1] if tried else 'no'} inputs stood")
        return True
    click.echo(f"{name}: broke\n{said[-END:]}")
    return False
