"""Read the card in a visitor's reader: each command is ours, the page's script only carries."""

from collections.abc import Mapping
from dataclasses import asdict

from flask import Blueprint, jsonify, request
from werkzeug.wrappers import Response

from adapters.smartcard import talks
from adapters.smartcard.adapter import SmartcardAdapter
from adapters.smartcard.reading import Voucher
from adapters.smartcard.talks import Taken
from audit import trail
from kernel.db import transaction
from kernel.errors import NotFound, Refused
from web import challenges, cookies, csrf, problems, proofs, scope

bp = Blueprint("cards", __name__, url_prefix="/card")
NAME = "smartcard"


@bp.before_request
def _only_our_forms() -> None:
    csrf.require()


def adapter() -> SmartcardAdapter:
    """Return the adapter. Raises NotFound if cards are not offered here."""
    found = scope.rooms().adapters.get(NAME)
    if not isinstance(found, SmartcardAdapter):
        raise NotFound("carrier.not_found")
    return found


@bp.post("/read")
def read() -> Response:
    """Begin to read the card that is in the visitor's reader: say the first command."""
    challenge = proofs.ask(adapter())
    try:
        atr = request.form.get("atr", "")
        step = adapter().reading.start(scope.db(), challenge, atr, now=scope.now())
    except Refused as refused:
        return _refuse(refused)
    return _answer({"challenge": challenge.nonce, **asdict(step)})


@bp.post("/answer")
def answer() -> Response:
    """Take the card's answer: say the next command, or vouch that the card was read."""
    nonce = request.form.get("challenge", "")
    place = request.form.get("place", "")[: proofs.LONGEST_PLACE]
    try:
        taken = _taken(nonce, place)
    except Refused as stale:  # anybody can send that, any number of times: no line is written
        return problems.problem(stale.code)
    try:
        step = adapter().reading.go_on(scope.db(), nonce, taken, request.form.get("answer", ""))
    except Refused as refused:
        if refused.code == "challenge.expired":  # the question is dead: that, too, is but stale
            return problems.problem(refused.code)
        return _refuse(refused)
    return _answer({"card": step.text} if isinstance(step, Voucher) else asdict(step))


def _taken(nonce: str, place: str) -> Taken:
    """Use up one step of this browser's conversation. Raises Refused `challenge.expired`."""
    session, now = scope.db(), scope.now()
    if challenges.find_place(session, nonce, browser=cookies.browser(), now=now) != place:
        raise Refused("challenge.expired")
    scope.keep()
    with transaction(scope.rooms().sessions) as own:  # a step is used up whatever comes of it
        return talks.take(own, nonce, now=now)


def _answer(body: Mapping[str, object]) -> Response:
    response = jsonify(body)
    response.headers["Cache-Control"] = "no-store"
    return response


def _refuse(refused: Refused) -> Response:
    """Tell the page what was wrong with the card, and write it down; never whose card it is."""
    code, now = refused.code, scope.now()
    scope.abandon(
        aftermath=lambda session: trail.record(
            session, "card.refused", actor=None, now=now, reason=code
        )
    )
    return problems.problem(code)
