"""A PKCS#11 token of software, each in a process of its own: the library behind serves one only."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

MODULE = "/usr/lib/softhsm/libsofthsm2.so"
LABEL, PIN = "taipei-id", "1234"
T = TypeVar("T")


@contextmanager
def token(folder: Path) -> Iterator[dict[str, str]]:
    """Make a token and lend what programs need to find it."""
    (folder / "tokens").mkdir()
    conf = folder / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {folder}/tokens\nlog.level = ERROR\n")
    environment = {**os.environ, "SOFTHSM2_CONF": str(conf)}
    words = ["--init-token", "--free", "--label", LABEL, "--so-pin", "12345678", "--pin", PIN]
    subprocess.run(["softhsm2-util", *words], env=environment, capture_output=True, check=True)
    yield {"SOFTHSM2_CONF": str(conf)}


def apart(do: Callable[..., T], *arguments: object) -> T:
    """Call `do` in a new process and return what it returns."""
    with get_context("spawn").Pool(1) as pool:
        result = pool.apply(do, arguments)
        pool.close()
        pool.join()
    return result
