"""Serve the readers at agencies' desks: a card comes in, three words go out (2(8)2, 6(2))."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from flask import Blueprint
from werkzeug.wrappers import Response

from adapters.contract import ReadsAtDesk, is_storable
from consent import desk_answers, seen_cards
from consent.desk_answers import Tap
from kernel.errors import Refused
from kernel.throttle import Policy, Verdict
from web import programs, scope

bp = Blueprint("verify", __name__, url_prefix="/api/verify")
PATH = "/api/verify"
SAME_SIZE = 128  # bytes of every answer: lines are listened to
LONGEST = 128  # characters of a name
LONGEST_NUMBER = 1200  # characters of what a reader read: the longest public key in hex
# Ten a second all the time is more than a queue brings; a stolen reader that tries numbers is
# slowed down. Every tap counts, so that counting says nothing about a card.
TAPS = Policy(name="tap", limit=600, window=timedelta(minutes=1), lockout=timedelta(minutes=1))


@bp.post("")
def verify() -> Response:
    """Say whether the card is good, its member active, and this very service open."""
    sent = programs.sent()
    client = programs.client_of(sent, endpoint=PATH)
    scope.keep()  # an assertion is spent, whatever comes of the tap
    form = sent.single()
    terminal = terminal_of(form)
    verdict = _count(terminal)
    if verdict.retry_at is not None:
        return programs.locked("terminal.locked", verdict.retry_at)
    tap = Tap(
        client_id=client.id,
        terminal=terminal,
        service=service_of(form),
        binding_id=_shown(form),
        mark=_mark(client.id, form),
    )
    given = desk_answers.answer(scope.db(), tap, now=scope.now())
    told = {
        "valid": given.valid,
        "member_status": given.member_status,
        "activation": given.activation,
    }
    return programs.told(told, size=SAME_SIZE)


def terminal_of(form: Mapping[str, str]) -> UUID:
    """Return the number of the reader. Raises Refused `terminal.not_registered`."""
    try:
        return UUID(form.get("terminal", ""))
    except ValueError:
        raise Refused("terminal.not_registered") from None


def service_of(form: Mapping[str, str]) -> str:
    """Return the code of the service. Raises Refused `terminal.not_registered`."""
    code = form.get("service", "")
    if len(code) > LONGEST or not is_storable(code):
        raise Refused("terminal.not_registered")
    return code


def _count(terminal: UUID) -> Verdict:
    """Count in the transaction of the tap: one commit each, and a refused one is another's."""
    key = TAPS.key(str(terminal), secret=scope.rooms().throttle_key)
    return TAPS.hit(scope.db(), key, now=scope.now())


def _shown(form: Mapping[str, str]) -> UUID | None:
    """Return the binding of the card, None for one that no adapter knows."""
    kind, number = form.get("kind", ""), form.get("number", "")
    if not kind or not number or len(kind) > LONGEST or len(number) > LONGEST_NUMBER:
        raise Refused("terminal.nothing_shown")
    adapters = scope.rooms().adapters.values()
    readers = (each for each in adapters if isinstance(each, ReadsAtDesk))
    # All are asked, whoever finds it: what a tap costs says nothing of the card.
    found = [each.find_shown(scope.db(), kind, number, now=scope.now()) for each in readers]
    return next((each for each in found if each is not None), None)


def _mark(client_id: UUID, form: Mapping[str, str]) -> bytes:
    key = scope.rooms().reader_keys.of_client(client_id)
    return seen_cards.mark(key, form.get("kind", ""), form.get("number", ""))
