"""Serve tills: a shop sends the code it read and its offer, and is told yes or no (10-I(4))."""

import json
from datetime import datetime
from http import HTTPStatus

from flask import Blueprint, request
from werkzeug.wrappers import Response

from clients.directory import RegisteredClient
from clients.models import AuthMethod
from consent import till_answers
from consent.till_answers import Answer
from idp import parameters
from idp.client_authentication import authenticated_client
from idp.errors import ProtocolError
from idp.parameters import Parameters
from kernel.errors import Refused
from web import problems, scope, till_throttle

bp = Blueprint("till", __name__, url_prefix="/api/till")
PATH = "/api/till/answers"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
SAME_SIZE = 256  # bytes of every answer: "yes" is shorter than "no", and lines are listened to


@bp.post("/answers")
def answers() -> Response:
    """Use the code a member showed and say whether this offer is theirs."""
    sent = _sent()
    client = _client(sent)
    until = till_throttle.count(client)
    if until is not None:
        return _locked(until)
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


def _client(sent: Parameters) -> RegisteredClient:
    client = authenticated_client(
        scope.rooms().provider,
        scope.db(),
        sent,
        endpoint=PATH,
        authorization=request.headers.get("Authorization"),
        now=scope.now(),
    )
    if client.auth_method is AuthMethod.NONE:  # anybody could say that they are this shop
        raise ProtocolError("invalid_client", "client authentication failed", status=401)
    if not client.is_in_force(now=scope.now()):
        raise Refused("flow.merchant_contract_inactive")
    return client


def _sent() -> Parameters:
    """Return what the body says, as a form or as a JSON object of strings."""
    body = request.get_data(cache=False)
    if request.mimetype == FORM:
        return parameters.read(body)
    if request.mimetype == JSON:
        return Parameters(_pairs(body))
    raise ProtocolError("invalid_request", f"the body must be {JSON} or {FORM}")


def _pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        pairs = json.loads(body, object_pairs_hook=tuple)  # a mapping would hide what came twice
    except (ValueError, RecursionError):
        raise ProtocolError("invalid_request", "the body is not JSON") from None
    if not isinstance(pairs, tuple) or not all(isinstance(value, str) for _, value in pairs):
        raise ProtocolError("invalid_request", "the body must be a JSON object of strings")
    return list(pairs)


def _told(given: Answer) -> Response:
    told = {
        "offer": given.offer,
        "eligible": given.eligible,
        "number": given.number,
        "receipt": given.receipt,
        "at": given.at.isoformat(timespec="seconds"),
    }
    body = json.dumps(told).ljust(SAME_SIZE) + "\n"  # JSON lets blanks follow (RFC 8259 2)
    response = Response(body, mimetype=JSON)
    response.headers["Cache-Control"] = "no-store, no-transform"
    return response


def _locked(until: datetime) -> Response:
    response = problems.problem("till.locked", status=HTTPStatus.TOO_MANY_REQUESTS)
    response.headers["Retry-After"] = str(max(1, round((until - scope.now()).total_seconds())))
    return response
