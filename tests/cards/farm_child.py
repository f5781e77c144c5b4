"""Hold pcscd and the cards in its readers; `tests.cards.farm` starts it, in namespaces of its own.

It reads one order a line and answers with one line, both JSON. Connecting to vpcd is inserting a
card, closing the connection is pulling it out.
"""

import json
import os
import shutil
import socket
import subprocess
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from threading import Event, Thread
from time import monotonic, sleep
from typing import Any

from demo.cards.card import Card

FIRST_PORT = 30_000
PCSCD = "/usr/sbin/pcscd"
DRIVERS = Path("/usr/lib/pcsc/drivers/serial")
OFF, ON, RESET, GET_ATR = 0, 1, 2, 4
STANZA = """FRIENDLYNAME "Test {index}"
DEVICENAME /dev/null:{port}
LIBPATH {library}
CHANNELID {port}
"""


class Service:
    """One pcscd with its own directory of readers."""

    def __init__(self, folder: Path, pairs: int) -> None:
        self.socket = folder / "pcscd.comm"
        self._readers = folder / "readers"
        self._readers.mkdir()
        self._stanzas = "\n".join(self._pair(index) for index in range(pairs))
        self.plugged(readers=True)

    def _pair(self, index: int) -> str:
        # One copy of the driver serves two readers; two stanzas of one copy collide.
        library = self._readers.parent / f"libifdvpcd-{index}.so"
        shutil.copy(next(DRIVERS.glob("libifdvpcd.so*")), library)
        return STANZA.format(index=index, port=FIRST_PORT + 2 * index, library=library)

    def plugged(self, *, readers: bool) -> None:
        """Say which readers there are when the service starts next."""
        stanzas = self._stanzas if readers else ""
        (self._readers / "vpcd").write_text(stanzas, encoding="ascii")

    def start(self) -> None:
        command = [PCSCD, "--foreground", "--error", "--config", str(self._readers)]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sys.stderr)
        deadline = monotonic() + 20
        while not self.socket.exists():
            if self._process.poll() is not None or monotonic() > deadline:
                raise RuntimeError("pcscd does not start")
            sleep(0.005)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        self.socket.unlink(missing_ok=True)
        for left in self.socket.parent.glob("pcscd.pid"):
            left.unlink()


class Slot:
    """One reader: what is in it, and what was said to it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._link: socket.socket | None = None
        self.card: Card | None = None
        self.log: list[tuple[str, str]] = []
        self.cuts_next = self.was_cut = self.holds_next = self.holds = False
        self._may_answer = Event()

    def insert(self, card: Card) -> None:
        self.card, self.log = card, []
        self._link = socket.create_connection(("127.0.0.1", self._port))
        Thread(target=self._serve, args=(self._link, card), daemon=True).start()

    def remove(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            with suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
            link.close()

    def _serve(self, link: socket.socket, card: Card) -> None:
        with suppress(OSError):
            while (message := _receive(link)) is not None:
                if len(message) == 1:
                    self._control(link, card, message[0])
                elif self.cuts_next:
                    self.was_cut, self.cuts_next = True, False
                    self.remove()
                else:
                    self._hold_if_told()
                    answer = card.transmit(message)
                    self.log.append((message.hex(), answer.hex()))
                    _send(link, answer)

    def _hold_if_told(self) -> None:
        if self.holds_next:
            self.holds, self.holds_next = True, False
            self._may_answer.wait()
            self.holds = False

    def hold(self) -> None:
        self._may_answer.clear()
        self.holds_next = True

    def let_go(self) -> None:
        self._may_answer.set()

    def _control(self, link: socket.socket, card: Card, order: int) -> None:
        if order == GET_ATR:
            _send(link, card.atr)
        else:
            card.reset()
            self.log.append(({OFF: "off", ON: "on", RESET: "reset"}.get(order, "?"), ""))


def _receive(link: socket.socket) -> bytes | None:
    # vpcd writes length and body apart: without this each APDU waits 44 ms for the kernel's
    # delayed acknowledgement, and it must be said again before every read.
    head = _read(link, 2)
    return None if head is None else _read(link, int.from_bytes(head, "big"))


def _read(link: socket.socket, size: int) -> bytes | None:
    data = b""
    while len(data) < size:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        part = link.recv(size - len(data))
        if not part:
            return None
        data += part
    return data


def _send(link: socket.socket, body: bytes) -> None:
    link.sendall(len(body).to_bytes(2, "big") + body)


class Orders:
    """What the tests may ask for, by name."""

    def __init__(self, service: Service, slots: list[Slot]) -> None:
        self._service, self._slots = service, slots

    def insert(self, slot: int, maker: str, form: dict[str, Any]) -> None:
        # a maker's own arguments, of any JSON type
        module, _, name = maker.partition(":")
        self._slots[slot].insert(getattr(import_module(module), name)(**form))

    def remove(self, slot: int) -> bool:
        """Pull the card out; say whether it was cut off before."""
        self._slots[slot].remove()
        was_cut, self._slots[slot].was_cut = self._slots[slot].was_cut, False
        return was_cut

    def cut(self, slot: int) -> None:
        self._slots[slot].cuts_next = True

    def hold(self, slot: int) -> None:
        self._slots[slot].hold()

    def holds(self, slot: int) -> bool:
        return self._slots[slot].holds

    def let_go(self, slot: int) -> None:
        self._slots[slot].let_go()

    def put(self, slot: int, name: str, value: Any) -> None:  # an attribute of any JSON type
        setattr(self._slots[slot].card, name, value)

    def get(self, slot: int, name: str) -> Any:  # same
        return getattr(self._slots[slot].card, name)

    def log(self, slot: int) -> list[tuple[str, str]]:
        return self._slots[slot].log

    def stop_service(self) -> None:
        self._service.stop()

    def start_service(self) -> None:
        self._service.start()

    def unplug(self) -> None:
        self._restart(readers=False)

    def plug(self) -> None:
        self._restart(readers=True)

    def _restart(self, *, readers: bool) -> None:
        self._service.stop()
        self._service.plugged(readers=readers)
        self._service.start()


def main() -> None:
    """Serve orders until the tests close our standard input."""
    folder, pairs = Path(sys.argv[1]), int(sys.argv[2])
    os.environ.pop("PCSCLITE_CSOCK_NAME", None)
    service = Service(folder, pairs)
    service.start()
    orders = Orders(service, [Slot(FIRST_PORT + index) for index in range(2 * pairs)])
    print(json.dumps("ready"), flush=True)  # noqa: T201  # the tests read it
    for line in sys.stdin:
        order, arguments = json.loads(line)
        try:
            reply = {"done": getattr(orders, order)(**arguments)}
        except Exception as failed:  # noqa: BLE001  # the tests show it
            reply = {"failed": repr(failed)}
        print(json.dumps(reply), flush=True)  # noqa: T201  # same


if __name__ == "__main__":
    main()
