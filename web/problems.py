"""Tell a program what went wrong: problem details with our code and clause (RFC 9457)."""

from datetime import datetime
from http import HTTPStatus

from flask import jsonify, request
from werkzeug.wrappers import Response

from idp.errors import NothingSent, ProtocolError
from kernel.refusals import refusal
from web import fronts, pages, scope

TYPE = "urn:taipei-id:error:"
_CODES = {
    "invalid_client": "client.authentication_failed",
    "invalid_token": "program.token_invalid",
    "invalid_dpop_proof": "program.token_invalid",
    "use_dpop_nonce": "program.token_invalid",
}
_SCHEMES = {"invalid_token": "Bearer", "invalid_dpop_proof": "DPoP", "use_dpop_nonce": "DPoP"}


def problem(code: str, *, status: int | None = None, detail: str = "", case: str = "") -> Response:
    """Return the problem of a refusal, in the language the caller accepts."""
    entry = refusal(code)
    status = status or entry.status
    told = {
        "type": TYPE + code,
        "title": entry.title.text(pages.language()),
        "status": status,
        "detail": detail,
        "clause": entry.clause,
        "case": case,
        "reference": scope.reference(),
    }
    response = jsonify({name: value for name, value in told.items() if value})
    response.status_code = status
    response.mimetype = "application/problem+json"
    response.headers["Cache-Control"] = "no-store"
    if status == HTTPStatus.UNAUTHORIZED:
        realm = scope.rooms().provider.issuer
        response.headers["WWW-Authenticate"] = f'Basic realm="{realm}"'
    return response


def wait(response: Response, until: datetime) -> Response:
    """Say beside a refusal when asking again makes sense (RFC 9110 10.2.3)."""
    response.headers["Retry-After"] = str(max(1, round((until - scope.now()).total_seconds())))
    return response


def of_protocol(error: ProtocolError) -> Response:
    """Return the problem of an error that OAuth has a word for."""
    code = _CODES.get(error.error, "http.400")
    response = problem(code, status=error.status, detail=error.description)
    if (scheme := _SCHEMES.get(error.error)) is not None:  # RFC 6750 3; RFC 9449 7.1, 9
        rooms = scope.rooms()
        said = "" if isinstance(error, NothingSent) else f', error="{error.error}"'
        challenge = f'{scheme} realm="{rooms.provider.issuer}"{said}'
        response.headers["WWW-Authenticate"] = challenge
        response.headers.extend(
            fronts.fresh_nonce(request.environ, rooms.provider, now=scope.now())
        )
    return response
