"""Do what a program asks once for each key it sends, and answer repetitions alike."""

import re
from collections.abc import Callable
from http import HTTPStatus
from uuid import UUID

from flask import request
from werkzeug.wrappers import Response

from clients.repeats import Answer, Turn
from kernel.db import transaction
from kernel.errors import Refused
from web import api_calls, scope

HEADER = "Idempotency-Key"
KEY = r"[\x21-\x7e]{8,64}"
_KEY = re.compile(KEY)


def key() -> str:
    """Return the key that was sent. Raises Refused `program.key_missing`."""
    sent = request.headers.get(HEADER, "")
    if not _KEY.fullmatch(sent):
        raise Refused("program.key_missing")
    return sent


def find_key() -> str | None:
    """Return the key if one was sent. Raises Refused `program.key_missing` for a wrong one."""
    return key() if HEADER in request.headers else None


def once(client_id: UUID, sent: str | None, do: Callable[[], Response]) -> Response:
    """Answer what `do` answers, or what it answered to the same request before.

    A refusal did nothing and is not kept: the key is still good. Raises Refused
    `program.key_reused`, `program.key_in_use`.
    """
    if sent is None:
        return do()
    rooms = scope.rooms()
    turn = Turn(
        client_id=client_id, key=sent, asked=_asked(), keyring=rooms.keyring, now=scope.now()
    )
    with transaction(rooms.sessions) as own:
        before = turn.take(own)
    return _first(turn, do) if before is None else api_calls.said(before.body, status=before.status)


def _first(turn: Turn, do: Callable[[], Response]) -> Response:
    try:
        response = do()
    except Exception:
        scope.abandon()
        with transaction(scope.rooms().sessions) as own:
            turn.give_back(own)
        raise
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        turn.give_back(scope.db())
    else:
        turn.keep(scope.db(), Answer(response.status_code, response.get_data()))
    return response


def _asked() -> bytes:
    """Return what makes two requests the same: where they go, and what they say."""
    return f"{request.method} {request.path}\n".encode() + request.get_data()
