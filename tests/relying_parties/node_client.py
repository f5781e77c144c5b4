"""Run the JavaScript client, installing what its lock names when that has changed."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

HERE = Path(__file__).parent / "node"
LOCK = HERE / "package-lock.json"
INSTALLED = HERE / "node_modules" / ".package-lock.json"
INSTALL = ("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
# Node comes with the locked Python tools; where those are missing, the system's will do.
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def require_installed(door: Path) -> None:
    """Install the client once, however many workers ask; `door` is a lock file they share."""
    if shutil.which("node", path=PATH) is None:
        if os.environ.get("CI"):
            pytest.fail("node is not here; it comes with requirements/dev.txt")
        pytest.skip("node is not here; it comes with requirements/dev.txt")
    with door.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (INSTALLED.exists() and INSTALLED.stat().st_mtime > LOCK.stat().st_mtime):
            subprocess.run(INSTALL, cwd=HERE, env={**os.environ, "PATH": PATH}, check=True)
            INSTALLED.touch()


class NodeClient:
    """One run of the script: the address to visit first, then what the client knows."""

    def __init__(self, process: subprocess.Popen[str], inward: IO[str], outward: IO[str]) -> None:
        self._process = process
        self._inward = inward
        self._outward = outward

    def start(self) -> str:
        """Return the address to send the browser to."""
        return self._line()

    def finish(self, callback: str) -> dict[str, Any]:
        """Give the script the address the browser came back to and return its report."""
        self._inward.write(f"{callback}\n")
        self._inward.flush()
        report: dict[str, Any] = json.loads(self._line())
        return report

    def _line(self) -> str:
        line = self._outward.readline().strip()
        assert line, "the script ended early; what it said stands above"
        return line


def running(asked: dict[str, Any]) -> AbstractContextManager[NodeClient]:
    """Run the script as the client described by `asked`."""
    return script("sign_in.mjs", json.dumps(asked))


@contextmanager
def script(name: str, *arguments: str, folder: Path = HERE) -> Iterator[NodeClient]:
    """Run a script that asks for a browser's visit and reports."""
    with subprocess.Popen(
        ["node", name, *arguments],
        cwd=folder,
        env={**os.environ, "PATH": PATH},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield NodeClient(process, process.stdin, process.stdout)
        finally:
            process.kill()
