"""Ask for the PIN on the program's own page: for cards made of software, which guard nothing."""

from threading import Condition

from adapters.agent.signing import PinRequest
from adapters.agent.troubles import Trouble

PATIENCE_SECONDS = 120.0


class PagePrompt:
    """The one question that is waiting; the program's window fetches and answers it."""

    def __init__(self, patience_seconds: float = PATIENCE_SECONDS) -> None:
        """Wait at most so long for an answer."""
        self._patience = patience_seconds
        self._condition = Condition()
        self._request: PinRequest | None = None
        self._answers: list[str | None] = []

    def ask(self, request: PinRequest) -> str | None:
        """Return what was typed, None if nothing was."""
        with self._condition:
            self._request, self._answers = request, []
            self._condition.notify_all()
            self._condition.wait_for(lambda: bool(self._answers), self._patience)
            self._request = None
            return self._answers[0] if self._answers else None

    def pending(self, *, seconds: float) -> PinRequest | None:
        """Return the question that waits, or None if none comes in time."""
        with self._condition:
            self._condition.wait_for(lambda: self._request is not None, seconds)
            return self._request

    def answer(self, pin: str | None) -> None:
        """Answer the question; None is a no. Raises Trouble `bad_request` if there is none."""
        with self._condition:
            if self._request is None or self._answers:
                raise Trouble("bad_request")
            self._answers.append(pin)
            self._condition.notify_all()
