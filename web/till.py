"""Serve tills: a shop sends the code it read and its offer, and is told yes or no (10-I(4))."""

from flask import Blueprint
from werkzeug.wrappers import Response

from consent import till_answers
from consent.till_answers import Answer
from web import programs, scope, till_throttle

bp = Blueprint("till", __name__, url_prefix="/api/till")
PATH = "/api/till/answers"
SAME_SIZE = 256  # bytes of every answer: "yes" is shorter than "no", and lines are listened to


@bp.post("/answers")
def answers() -> Response:
    """Use the code a member showed and say whether this offer is theirs."""
    sent = programs.sent()
    client = programs.client_of(sent, endpoint=PATH)
    until = till_throttle.count(client)
    if until is not None:
        return programs.locked("till.locked", until)
    rooms, form = scope.rooms(), sent.single()
    given = till_answers.answer(
        scope.db(),
        form.get("code", ""),
        offer=form.get("offer", ""),
        client=client,
        till=rooms.till,
        now=scope.now(),
    )
    till_throttle.forgive(client)
    return _told(given)


def _told(given: Answer) -> Response:
    told = {
        "offer": given.offer,
        "eligible": given.eligible,
        "number": given.number,
        "receipt": given.receipt,
        "at": given.at.isoformat(timespec="seconds"),
    }
    return programs.told(told, size=SAME_SIZE)
