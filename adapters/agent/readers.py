"""The seam to cards: readers that can be looked at, and a card that answers commands."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic
from typing import Protocol, TypeAlias

from adapters.agent.troubles import Trouble

LOOK_SECONDS = 1.0
Transmit: TypeAlias = Callable[[bytes], bytes]  # a command in, data and status word out


class State(StrEnum):
    """What is in a reader."""

    EMPTY = "empty"
    CARD = "card"
    MUTE = "mute"  # something that does not answer
    IN_USE = "in_use"  # another program holds it
    TOKEN = "token"  # noqa: S105  # no reader at all: what its own library reaches


ABLE = frozenset({State.CARD, State.TOKEN})  # to sign


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One reader, as it was when somebody looked."""

    name: str
    state: State
    atr: bytes = b""


class Readers(Protocol):
    """The card readers of this computer."""

    def seen(self) -> tuple[Seen, ...]:
        """Look at every reader. Raises Trouble `pcsc_unavailable`."""
        ...

    def wait(self, seconds: float) -> None:
        """Return when something about the readers changed, at the latest after `seconds`."""
        ...

    def open(self, name: str, *, resets: bool) -> AbstractContextManager[Transmit]:
        """Hold the card in a reader, nobody else between; `resets` makes it forget the PIN.

        Raises Trouble; the commands raise `card_removed` once the card does not answer.
        """
        ...


def changed(readers: Readers, known: tuple[Seen, ...], *, seconds: float) -> tuple[Seen, ...]:
    """Return what the readers hold once that is not what is `known`, or after `seconds`.

    Raises Trouble `pcsc_unavailable`.
    """
    end = monotonic() + seconds
    while (found := readers.seen()) == known and monotonic() < end:
        readers.wait(LOOK_SECONDS)
    return found


def choose(readers: Readers, name: str) -> str:
    """Return the reader to use: the one called `name`, or the only one that holds a card.

    Raises Trouble: what the person has to do first.
    """
    seen = readers.seen()
    if name:
        seen = tuple(each for each in seen if each.name == name)
    if not seen:
        raise Trouble("no_reader")
    able = [each.name for each in seen if each.state in ABLE]
    if len(able) > 1:
        raise Trouble("several_cards")
    return able[0] if able else _explain(seen)


def _explain(seen: tuple[Seen, ...]) -> str:
    states = {each.state for each in seen}
    if State.MUTE in states:
        raise Trouble("card_mute")
    raise Trouble("reader_in_use" if State.IN_USE in states else "no_card")
