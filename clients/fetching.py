"""Fetch what clients publish on sites of their own: keys, requests, sectors, logos."""

from collections.abc import Callable
from http import HTTPStatus

from kernel.outgoing import MOST_BYTES, Answer, CallFailed

SECONDS = 3.0  # somebody waits, and so does a worker

Call = Callable[..., Answer]  # kernel.outgoing.call, with the settings' hosts and authorities


def fetched(call: Call, url: str) -> bytes | None:
    """Return what stands at `url`; None if it cannot be had, or is too long to be what we want."""
    try:
        answer = call(url, seconds=SECONDS)
    except CallFailed:
        return None
    if answer.status != HTTPStatus.OK or len(answer.body) >= MOST_BYTES:
        return None
    return answer.body
