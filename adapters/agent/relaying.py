"""Pass a few commands on to a card, for a server that computes them: reading, never writing.

One exchange holds the card from its first command to its last, so nobody can swap it or put a
command between; it ends by itself after a few seconds or a few commands.
"""

from contextlib import ExitStack
from threading import Lock, Timer
from time import monotonic

from adapters.agent import readers
from adapters.agent.pairing import Pairing
from adapters.agent.readers import Readers, Transmit
from adapters.agent.troubles import Trouble

MOST_COMMANDS = 9
SECONDS = 5.0
LONGEST = 261  # bytes of a short command
# Class and instruction of what only reads or proves: SELECT, READ, GET DATA, the reader's GET DATA,
# and of DESFire: select an application, authenticate, go on, its number, its and a key's version.
ALLOWED = frozenset(
    bytes.fromhex(each)
    for each in "00a4 00b0 00b2 00c0 00ca 00cb ffca 905a 9071 90af 9051 9060 9064".split()
)


def require_harmless(command: bytes) -> None:
    """Let only commands pass that change nothing. Raises Trouble `command_not_allowed`."""
    if command[:2] not in ALLOWED or not 4 <= len(command) <= LONGEST:  # noqa: PLR2004  # CLA INS P1 P2
        raise Trouble("command_not_allowed")


class Relaying:
    """The one exchange that may be going on."""

    def __init__(self, card_readers: Readers, pairing: Pairing) -> None:
        self._readers, self._pairing = card_readers, pairing
        self._lock = Lock()
        self._holding = ExitStack()
        self._nonce = ""
        self._transmit: Transmit | None = None
        self._left, self._end = 0, 0.0
        self._timer = Timer(0, self.end_if_stale)

    def relay(self, nonce: str, command: bytes, *, reader: str, is_last: bool) -> bytes:
        """Return the card's answer to the next command of the exchange named `nonce`.

        Raises Trouble; after that, the exchange is over.
        """
        require_harmless(command)
        with self._lock:
            try:
                answer = self._card(nonce, reader)(command)
            except Trouble:
                self._close()
                raise
            self._left -= 1
            if is_last or not self._left:
                self._close()
            return answer

    def _card(self, nonce: str, reader: str) -> Transmit:
        is_over = monotonic() >= self._end
        if self._transmit is None or is_over or nonce != self._nonce:
            if self._transmit is not None and not is_over:
                raise Trouble("busy")
            self._close()
            self._pairing.spend(nonce)
            name = readers.choose(self._readers, reader)
            self._transmit = self._holding.enter_context(self._readers.open(name, resets=True))
            self._nonce, self._left, self._end = nonce, MOST_COMMANDS, monotonic() + SECONDS
            self._timer = Timer(SECONDS, self.end_if_stale)
            self._timer.daemon = True
            self._timer.start()
        return self._transmit

    def _close(self) -> None:
        self._transmit = None
        self._timer.cancel()
        self._holding.close()

    def end_if_stale(self) -> None:
        """Let the card go if the page has not come back."""
        with self._lock:
            if self._transmit is not None and monotonic() >= self._end:
                self._close()
