"""Let a client's own tests arm faults and say what happened: `/api/sandbox`, with the key.

Problems are told as in every other interface (RFC 9457).
"""

from typing import Any
from uuid import UUID

from flask import Blueprint, jsonify, request
from werkzeug.wrappers import Response

from idp import registration
from kernel.errors import NotFound
from web import sandbox, sandbox_checks, sandbox_clients, sandbox_trials, scope
from web.sandbox_faults import CHECKS, LOG, TO_ARM, Told

bp = Blueprint("sandbox_api", __name__, url_prefix="/api/sandbox")
TELLABLE = frozenset(Told) - {Told.CLEAN, Told.FOUND}


@bp.after_request
def _keep_nothing(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.put("/fault/<code>")
def arm(code: str) -> Response:
    """Let the next sign-in meet a fault."""
    return _armed(code, {each.code for each in TO_ARM}, is_check=False)


@bp.put("/checks/<code>")
def begin(code: str) -> Response:
    """Let the next sign-in be a check."""
    return _armed(code, {each.code for each in CHECKS} - {LOG.code}, is_check=True)


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
    return jsonify(
        [
            {
                "check": each.fault.code,
                "verdict": each.verdict.value,
                "expected": each.fault.right.en,
                "source": each.fault.source,
            }
            for each in sandbox_checks.results(trials, now=scope.now())
        ]
    )


@bp.post("/checks/<code>/outcome")
def outcome(code: str) -> Response:
    """Write down what the client did: `{"told": "refused"}`."""
    client_id = _client_id()
    sent: Any = request.get_json(silent=True)  # JSON of any shape
    said = sent.get("told") if isinstance(sent, dict) else None
    if said not in {each.value for each in TELLABLE} or not sandbox_trials.tell(
        scope.db(), client_id, code, Told(said), now=scope.now()
    ):
        raise NotFound("sandbox.no_such_fault")
    return Response(status=204)


@bp.post("/log")
def log() -> Response:
    """Say what of the people who signed in stands in a log: the body, as plain text."""
    client_id = _client_id()
    text = request.get_data()[: sandbox.LONGEST_LOG].decode("utf-8", "replace")
    return jsonify({"found": sandbox.look_through(client_id, text)})


def _client_id() -> UUID:
    """Return whose key was sent. Raises ProtocolError `invalid_token`."""
    key = registration.sent_token(request.headers.get("Authorization"))
    found = sandbox_clients.find_by_key(scope.db(), key)
    if found is None:
        raise registration.unknown_token()
    return found
