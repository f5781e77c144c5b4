"""Lend the tests a real pcscd whose readers hold cards made of software.

    with started() as farm:
        farm.insert(0, "demo.cards.issuing:piv_card", form)

pcscd runs in its own namespaces: nothing of it is seen on the machine, it cannot be reached from
the network, and the kernel ends it with us, whatever happens. Programs meet it at the socket that
`PCSCLITE_CSOCK_NAME` names, so set that before libpcsclite is used for the first time.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Any

from smartcard import scard

ROOT = Path(__file__).parents[2]
SOCKET_VARIABLE = "PCSCLITE_CSOCK_NAME"
PAIRS = 2  # four readers
PATIENCE_MS = 20_000
LOOK_SECONDS = 0.6  # pcscd looks every 0.4 s
ENTER = """set -e
ip link set lo up
mount -t tmpfs tmpfs /run
mkdir /run/pcscd
mount --bind "$1" /run/pcscd
exec "$2" -m tests.cards.farm_child "$1" "$3"
"""


@dataclass
class Farm:
    """A pcscd and its readers, numbered from 0."""

    socket: Path
    readers: tuple[str, ...]
    _process: subprocess.Popen[str]

    def insert(self, slot: int, maker: str, form: Any) -> None:
        # what the maker takes, as JSON carries it
        """Put the card that `maker` (module:function) makes of `form` into a reader, and wait."""
        self.order("insert", slot=slot, maker=maker, form=form)
        self.wait(slot, scard.SCARD_STATE_PRESENT)

    def remove(self, slot: int) -> None:
        """Pull the card out, and wait until pcscd has seen it: else the slot is stuck for good."""
        was_cut = self.order("remove", slot=slot)
        self.wait(slot, scard.SCARD_STATE_EMPTY)
        if was_cut:  # pcscd may say so after a failed reset, before its own look at the reader
            sleep(LOOK_SECONDS)

    def clear(self) -> None:
        """Pull every card out."""
        for slot in range(len(self.readers)):
            self.remove(slot)

    def cut(self, slot: int) -> None:
        """Let the card vanish in the midst of the next command."""
        self.order("cut", slot=slot)

    def hold(self, slot: int) -> None:
        """Let the card take the next command and not answer it."""
        self.order("hold", slot=slot)

    def holds(self, slot: int) -> bool:
        """Say whether the card is at a command it does not answer."""
        return bool(self.order("holds", slot=slot))

    def let_go(self, slot: int) -> None:
        """Let the card answer."""
        self.order("let_go", slot=slot)

    def put(self, slot: int, name: str, value: object) -> None:
        """Change something about the card in a reader."""
        self.order("put", slot=slot, name=name, value=value)

    def get(self, slot: int, name: str) -> Any:  # whatever the card keeps there
        """Read something of the card in a reader."""
        return self.order("get", slot=slot, name=name)

    def log(self, slot: int) -> list[tuple[str, str]]:
        """Return what was said to the card since it was inserted, as pairs of hex."""
        return [(told, answered) for told, answered in self.order("log", slot=slot)]

    def stop_service(self) -> None:
        """End pcscd; the cards' connections end with it."""
        self.order("stop_service")

    def start_service(self) -> None:
        """Start pcscd again, and wait for its readers."""
        self.order("start_service")
        self.clear()

    def unplug(self) -> None:
        """Take every reader away."""
        self.order("unplug")

    def plug(self) -> None:
        """Bring the readers back, empty, and wait for them."""
        self.order("plug")
        self.clear()

    def order(self, what: str, /, **arguments: object) -> Any:  # what JSON brings back
        """Have the child do something; raises RuntimeError with its reason if it cannot."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([what, arguments]) + "\n")
        self._process.stdin.flush()
        reply = json.loads(self._process.stdout.readline())
        if "failed" in reply:
            raise RuntimeError(reply["failed"])
        return reply["done"]

    def wait(self, slot: int, wanted: int) -> None:
        """Wait until pcscd says of a reader what is `wanted` (SCARD_STATE_…)."""
        code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        assert code == scard.SCARD_S_SUCCESS, scard.SCardGetErrorMessage(code)
        try:
            state = scard.SCARD_STATE_UNAWARE
            while not state & wanted:
                asked = [(self.readers[slot], state)]
                code, found = scard.SCardGetStatusChange(context, PATIENCE_MS, asked)
                assert code == scard.SCARD_S_SUCCESS, scard.SCardGetErrorMessage(code)
                state = found[0][1]
        finally:
            scard.SCardReleaseContext(context)


@contextmanager
def started() -> Iterator[Farm]:
    """Start a farm; end it, with all that belongs to it, on the way out."""
    folder = Path(tempfile.mkdtemp(prefix="cards-"))
    process = subprocess.Popen(
        _command(folder),
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != SOCKET_VARIABLE},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        if process.stdout.readline() != '"ready"\n':
            raise RuntimeError("the farm does not start; are pcscd and vsmartcard-vpcd here?")
        socket = folder / "pcscd.comm"
        readers = tuple(f"Test {pair} 00 0{slot}" for pair in range(PAIRS) for slot in range(2))
        yield Farm(socket, readers, process)
    finally:
        process.kill()
        process.communicate()
        shutil.rmtree(folder, ignore_errors=True)


def _command(folder: Path) -> list[str]:
    alone = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child=SIGKILL"]
    if os.geteuid() != 0:
        alone += ["--user", "--map-root-user"]
    return [*alone, "sh", "-c", ENTER, "sh", str(folder), sys.executable, str(PAIRS)]
