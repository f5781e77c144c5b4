"""Read what a client's program sends to our own interfaces, and know which client it is."""

import json
from datetime import datetime
from http import HTTPStatus

from flask import request
from werkzeug.wrappers import Response

from adapters.contract import is_storable
from clients.directory import RegisteredClient
from clients.models import AuthMethod
from idp import parameters
from idp.client_authentication import authenticated_client
from idp.errors import ProtocolError
from idp.parameters import Parameters
from idp.possession import Shown
from kernel.errors import Refused
from web import fronts, problems, scope

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
NO_STRINGS = "the body must be a JSON object of strings"


def client_of(sent: Parameters, *, endpoint: str) -> RegisteredClient:
    """Return the client that proved itself. Raises ProtocolError, or Refused without a contract."""
    client = proven(sent, endpoint=endpoint)
    if not client.is_in_force(now=scope.now()):
        raise Refused("flow.merchant_contract_inactive")
    sent.require_sound()
    return client


def proven(sent: Parameters, *, endpoint: str) -> RegisteredClient:
    """Return the client that proved itself, with a contract in force or without.

    Who nobody knows is told nothing of the body, only that they are not known. Raises
    ProtocolError.
    """
    client = authenticated_client(
        scope.rooms().provider,
        scope.db(),
        sent.once(),
        endpoint=endpoint,
        authorization=request.headers.get("Authorization"),
        shown=shown(),
        now=scope.now(),
    )
    if client.auth_method is AuthMethod.NONE:  # anybody could say that they are this client
        raise ProtocolError("invalid_client", "client authentication failed", status=401)
    return client


def shown() -> Shown:
    """Return what the program shows beside its words: a certificate, a proof or neither."""
    rooms = scope.rooms()
    return fronts.shown(request.environ, provider=rooms.provider, front=rooms.mtls_front)


def sent() -> Parameters:
    """Return what the body says, as a form or as a JSON object of strings; never raises."""
    body = request.get_data(cache=False)
    if request.mimetype == FORM:
        return parameters.read(body)
    if request.mimetype == JSON:
        return _pairs(body)
    return Parameters([], fault=f"the body must be {JSON} or {FORM}")


def _pairs(body: bytes) -> Parameters:
    try:
        pairs = json.loads(body, object_pairs_hook=tuple)  # a mapping would hide what came twice
    except (ValueError, RecursionError):
        return Parameters([], fault="the body is not JSON")
    if not isinstance(pairs, tuple):
        return Parameters([], fault=NO_STRINGS)
    kept = [(name, value) for name, value in pairs if isinstance(value, str) and is_storable(value)]
    return Parameters(kept, fault="" if len(kept) == len(pairs) else NO_STRINGS)


def told(answer: object, *, size: int) -> Response:
    """Return JSON that nobody keeps, filled up to `size` bytes: lines are listened to."""
    body = json.dumps(answer).ljust(size) + "\n"  # JSON lets blanks follow (RFC 8259 2)
    response = Response(body, mimetype=JSON)
    response.headers["Cache-Control"] = "no-store, no-transform"
    return response


def locked(code: str, until: datetime) -> Response:
    """Return the problem `code` and say when asking again makes sense."""
    response = problems.problem(code, status=HTTPStatus.TOO_MANY_REQUESTS)
    return problems.wait(response, until)
