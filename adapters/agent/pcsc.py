"""Real card readers, through PC/SC.

Every look has a context of its own: pcscd may end and start again between two looks, and a context
that saw it end is good for nothing. After a command that failed, the connection is thrown away.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep
from typing import Any, TypeAlias

from smartcard import scard

from adapters.agent.readers import Seen, State, Transmit
from adapters.agent.troubles import Trouble

NEW_READERS = "\\\\?PnP?\\Notification"
PROTOCOLS = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
_Context: TypeAlias = Any  # an opaque number of the C library
NO_CONNECTION = {
    scard.SCARD_E_NO_SMARTCARD: "no_card",
    scard.SCARD_W_REMOVED_CARD: "no_card",
    scard.SCARD_E_SHARING_VIOLATION: "reader_in_use",
    scard.SCARD_W_UNRESPONSIVE_CARD: "card_mute",
    scard.SCARD_W_UNPOWERED_CARD: "card_mute",
    scard.SCARD_E_UNKNOWN_READER: "no_reader",
    scard.SCARD_E_READER_UNAVAILABLE: "no_reader",
}
# The first that holds says it all.
STATES = (
    (scard.SCARD_STATE_MUTE, State.MUTE),
    (scard.SCARD_STATE_EXCLUSIVE, State.IN_USE),
    (scard.SCARD_STATE_PRESENT, State.CARD),
)


class PcscReaders:
    """The readers that this computer's PC/SC service knows."""

    def seen(self) -> tuple[Seen, ...]:
        """Look at every reader. Raises Trouble `pcsc_unavailable`."""
        with _context() as context:
            return tuple(_seen(*each) for each in _states(context))

    def wait(self, seconds: float) -> None:
        """Return when a reader or a card came or went, at the latest after `seconds`."""
        try:
            with _context() as context:
                known = [(name, state) for name, state, _ in _states(context)]
                known.append((NEW_READERS, len(known) << 16))
                scard.SCardGetStatusChange(context, int(seconds * 1000), known)
        except Trouble:
            sleep(seconds)  # no service, and nobody to say when it comes

    @contextmanager
    def open(self, name: str, *, resets: bool) -> Iterator[Transmit]:
        """Hold the card in a reader. Raises Trouble."""
        ending = scard.SCARD_RESET_CARD if resets else scard.SCARD_LEAVE_CARD
        with _context() as context:
            code, card, protocol = scard.SCardConnect(
                context, name, scard.SCARD_SHARE_SHARED, PROTOCOLS
            )
            _require_done(code)
            try:
                yield _transmit(card, protocol)
            finally:
                scard.SCardDisconnect(card, ending)


def _transmit(card: int, protocol: int) -> Transmit:
    # Nobody else's command between ours: what the PIN opened is for us alone. The disconnection
    # ends the transaction.
    _require_done(scard.SCardBeginTransaction(card))
    pci = scard.SCARD_PCI_T1 if protocol == scard.SCARD_PROTOCOL_T1 else scard.SCARD_PCI_T0

    def transmit(command: bytes) -> bytes:
        code, answer = scard.SCardTransmit(card, pci, list(command))
        if code != scard.SCARD_S_SUCCESS or not answer:
            raise Trouble("card_removed")
        return bytes(answer)

    return transmit


def _require_done(code: int) -> None:
    if code != scard.SCARD_S_SUCCESS:
        raise Trouble(NO_CONNECTION.get(code, "card_error"))


@contextmanager
def _context() -> Iterator[_Context]:
    code, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    if code != scard.SCARD_S_SUCCESS:
        raise Trouble("pcsc_unavailable")
    try:
        yield context
    finally:
        scard.SCardReleaseContext(context)


def _states(context: _Context) -> list[tuple[str, int, list[int]]]:
    _, names = scard.SCardListReaders(context, [])
    asked = [(name, scard.SCARD_STATE_UNAWARE) for name in names]
    code, found = scard.SCardGetStatusChange(context, 0, asked)
    return list(found) if code == scard.SCARD_S_SUCCESS else []


def _seen(name: str, state: int, atr: list[int]) -> Seen:
    what = next((each for bit, each in STATES if state & bit), State.EMPTY)
    return Seen(name=name, state=what, atr=bytes(atr))
