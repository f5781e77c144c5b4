"""Let a client's own tests arm faults and say what happened: `/api/sandbox`, with the key.

Problems are told as in every other interface (RFC 9457).
"""

from uuid import UUID

from flask import Blueprint, jsonify, request
from pydantic import ValidationError
from werkzeug.wrappers import Response

from idp import registration
from kernel.errors import NotFound
from web import (
    api_documents,
    sandbox_checks,
    sandbox_clients,
    sandbox_testing,
    sandbox_trials,
    scope,
)
from web.sandbox_document import ADDRESS, BY_SIGNING_IN, INTERFACE, LONGEST_LOG
from web.sandbox_faults import TO_ARM, Told
from web.sandbox_shapes import CheckTold, FoundTold, OutcomeSent

bp = Blueprint("sandbox_api", __name__, url_prefix=ADDRESS)


@bp.after_request
def _keep_nothing(response: Response) -> Response:
    response.headers.setdefault("Cache-Control", "no-store")
    return response


@bp.get("/openapi.json")
def document() -> Response:
    """Describe all of this, for people and for programs (OpenAPI 3.1)."""
    return api_documents.response(INTERFACE, scope.rooms().provider.issuer)


@bp.put("/fault/<code>")
def arm(code: str) -> Response:
    """Let the next sign-in meet a fault."""
    return _armed(code, {each.code for each in TO_ARM}, is_check=False)


@bp.put("/checks/<code>")
def begin(code: str) -> Response:
    """Let the next sign-in be a check."""
    return _armed(code, set(BY_SIGNING_IN), is_check=True)


def _armed(code: str, known: set[str], *, is_check: bool) -> Response:
    client_id = _client_id()
    if code not in known:
        raise NotFound("sandbox.no_such_fault")
    sandbox_trials.arm(scope.db(), client_id, code, is_check=is_check, now=scope.now())
    return Response(status=204)


@bp.get("/checks")
def results() -> Response:
    """Say how every check stands."""
    trials = sandbox_trials.latest(scope.db(), _client_id())
    told = [
        CheckTold(
            check=each.fault.code,
            verdict=each.verdict,
            expected=each.fault.right.en,
            source=each.fault.source,
        )
        for each in sandbox_checks.results(trials, now=scope.now())
    ]
    return jsonify([each.model_dump(mode="json") for each in told])


@bp.post("/checks/<code>/outcome")
def outcome(code: str) -> Response:
    """Write down what the client did: `{"told": "refused"}`."""
    client_id, said = _client_id(), _said()
    if said is None or not sandbox_trials.tell(scope.db(), client_id, code, said, now=scope.now()):
        raise NotFound("sandbox.no_such_fault")
    return Response(status=204)


def _said() -> Told | None:
    try:
        return OutcomeSent.model_validate_json(request.get_data()).told
    except ValidationError:
        return None


@bp.post("/log")
def log() -> Response:
    """Say what of the people who signed in stands in a log: the body, as plain text."""
    client_id = _client_id()
    text = request.get_data()[:LONGEST_LOG].decode("utf-8", "replace")
    told = FoundTold(found=tuple(sandbox_testing.look_through(client_id, text)))
    return jsonify(told.model_dump())


def _client_id() -> UUID:
    """Return whose key was sent. Raises ProtocolError `invalid_token`."""
    key = registration.sent_token(request.headers.get("Authorization"))
    found = sandbox_clients.find_by_key(scope.db(), key)
    if found is None:
        raise registration.unknown_token()
    return found
