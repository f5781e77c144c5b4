"""Offer tokens that are in no reader beside the readers: a TPM's, a network's, one of software."""

from collections.abc import Sequence
from contextlib import AbstractContextManager

from adapters.agent import cryptoki, once
from adapters.agent.library import CHILD_SECONDS
from adapters.agent.readers import Readers, Seen, State, Transmit
from adapters.agent.troubles import Trouble


def names_in(module: str) -> tuple[str, ...]:
    """Return what the library's tokens call themselves. Raises Trouble `card_error`."""
    return tuple(once.run(cryptoki.labels, module, seconds=CHILD_SECONDS))


def beside(readers: Readers, module: str | None) -> Readers:
    """Return the readers, and beside them the tokens of a library, if one is named."""
    return WithTokens(readers, names_in(module)) if module else readers


class WithTokens:
    """Readers, and beside them tokens: those do not come and go while the program runs."""

    def __init__(self, readers: Readers, tokens: Sequence[str]) -> None:
        """Name the tokens that are always there."""
        self._readers, self._tokens = readers, frozenset(tokens)

    def seen(self) -> tuple[Seen, ...]:
        """Look at every reader; without a card service, tokens are there all the same."""
        tokens = tuple(Seen(name=each, state=State.TOKEN) for each in sorted(self._tokens))
        try:
            return (*self._readers.seen(), *tokens)
        except Trouble:
            if not tokens:
                raise
            return tokens

    def wait(self, seconds: float) -> None:
        """Return when something about the readers changed, at the latest after `seconds`."""
        self._readers.wait(seconds)

    def open(self, name: str, *, resets: bool) -> AbstractContextManager[Transmit]:
        """Hold the card in a reader. Raises Trouble; nobody but its library speaks to a token."""
        if name in self._tokens:
            raise Trouble("card_unknown")
        return self._readers.open(name, resets=resets)
