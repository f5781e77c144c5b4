"""What may move beneath a provider: its way to the database, and its clock."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from kernel import clock
from tests.live.server import Provider
from tests.pooler import Pooler

PROGRAM = "from tests.faults.moving import wear; wear({file!r}); from web.cli import main; main()"


@dataclass(frozen=True)
class StrangeClock:
    """The clock that a server's processes see; each reading of it looks into a file."""

    file: Path

    def program(self) -> Sequence[str]:
        """Return the command of a server that reads it."""
        self._set(timedelta())
        return (sys.executable, "-c", PROGRAM.format(file=str(self.file)))

    @contextmanager
    def ahead(self, by: timedelta) -> Iterator[None]:
        """Let the clock be ahead as long as the block runs."""
        self._set(by)
        try:
            yield
        finally:
            self._set(timedelta())

    def _set(self, ahead: timedelta) -> None:
        draft = self.file.with_suffix(".draft")
        draft.write_text(str(ahead.total_seconds()), "ascii")
        draft.rename(self.file)  # nobody reads half of it


@dataclass(frozen=True)
class Movable:
    """A provider, the pooler before its database, and its clock."""

    provider: Provider
    server_url: str
    pooler: Pooler
    clock: StrangeClock


def wear(file: str) -> None:
    """Let this process and its children read the strange clock, ids included."""
    true_now, true_ns = clock.now, time.time_ns

    def ahead() -> timedelta:
        return timedelta(seconds=float(Path(file).read_text("ascii")))

    def now() -> datetime:
        return true_now() + ahead()

    def nanoseconds() -> int:
        return true_ns() + int(ahead().total_seconds() * 1e9)

    clock.now = now
    time.time_ns = nanoseconds
