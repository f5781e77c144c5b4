"""Turn every refusal into an answer: OAuth errors for clients, a helpful page for people."""

import traceback
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus

import structlog
from flask import Flask, g, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from idp.errors import AuthorizationRefused, ProtocolError, UntrustedRequest
from kernel import metrics
from kernel.errors import Refused
from kernel.refusals import CATALOGUE, refusal
from web import oidc, pages, problems, scope
from web.addresses import FOR_CLIENTS, FOR_PROGRAMS
from web.error_words import words_for
from web.protocol_errors import PROTOCOL_ERRORS

SOON_SECONDS = "5"


def init(app: Flask) -> None:
    """Handle what the rooms raise, most specific first."""
    for kind, answer in SAYING_NO.items():
        app.register_error_handler(kind, _counted(answer))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(OperationalError, _away)
    app.register_error_handler(Exception, _bug)


def _refused_by_redirect(error: AuthorizationRefused) -> Response:
    scope.abandon(aftermath=error.aftermath)
    return oidc.refuse(error)


def _protocol(error: ProtocolError) -> Response:
    scope.abandon(aftermath=error.aftermath)
    if request.path.startswith(FOR_CLIENTS):
        return oidc.refuse_in_json(error)
    if _asked_by_a_program():
        return problems.of_protocol(error)
    return _page("http.400", error.status)


def _asked_by_a_program() -> bool:
    return request.path.startswith(FOR_PROGRAMS)


def _untrusted(error: UntrustedRequest) -> Response:
    scope.abandon()
    return _page(error.code, 400)


def _refused(error: Refused) -> Response:
    scope.abandon(error)
    if _asked_by_a_program():
        answer = problems.problem(error.code)
    else:
        answer = _page(error.code, refusal(error.code).status)
    return answer if error.retry_at is None else problems.wait(answer, error.retry_at)


def _http(error: HTTPException) -> Response:
    cause = getattr(error, "original_exception", None)  # the commit failed, after the view
    if cause is not None:
        return _away(cause) if isinstance(cause, OperationalError) else _bug(cause)
    scope.abandon()
    status = error.code or 500
    if request.path.startswith(FOR_CLIENTS):
        name = (
            "temporarily_unavailable"
            if status >= HTTPStatus.INTERNAL_SERVER_ERROR
            else "invalid_request"
        )
        response = oidc.refuse_in_json(ProtocolError(name, error.name.lower(), status=status))
    elif _asked_by_a_program():
        response = problems.problem(f"http.{status}", status=status)
    else:
        response = _page(f"http.{status}", status)
    for header, value in error.get_headers():
        if header == "Allow":
            response.headers[header] = value
    return response


def _away(error: OperationalError) -> Response:
    """Say that the database cannot be asked now: it restarts, its disk is full, it is too busy."""
    scope.abandon()
    structlog.get_logger().error(
        "store.away",
        error=type(error.orig).__name__,
        sqlstate=getattr(error.orig, "sqlstate", None)  # a plain `state` is hidden, as OAuth's is
        or getattr(error.orig, "sqlite_errorname", None),
    )
    if request.path.startswith(FOR_CLIENTS):
        response = oidc.refuse_in_json(
            ProtocolError("temporarily_unavailable", f"reference {scope.reference()}", status=503)
        )
    elif _asked_by_a_program():
        response = problems.problem("http.503")
    else:
        response = _page("http.503", HTTPStatus.SERVICE_UNAVAILABLE)
    response.headers["Retry-After"] = SOON_SECONDS
    return response


def _bug(error: Exception) -> Response:
    scope.abandon()
    told = "".join(
        traceback.format_exception(error)
    )  # never with local variables: they hold secrets
    structlog.get_logger().error("bug", traceback=told)
    if request.path.startswith(FOR_CLIENTS):
        return oidc.refuse_in_json(
            ProtocolError("server_error", f"reference {scope.reference()}", status=500)
        )
    if _asked_by_a_program():
        return problems.problem("http.500")
    return _page("http.500", 500)


def _page(code: str, status: int) -> Response:
    g.show_person = False  # what went wrong may be the database, which would be asked for the name
    g.asks_nothing = True
    language = pages.language()
    words = words_for(code, status)
    page = pages.page(
        "error.html",
        title=refusal(code).title.text(language),
        message=words.message.text(language),
        next_steps=[step.text(language) for step in words.next_steps],
        reference=scope.reference(),
        restart_url=None,
        client=None,
    )
    return Response(page, status, mimetype="text/html")


SAYING_NO: dict[type[Exception], Callable[..., Response]] = {
    AuthorizationRefused: _refused_by_redirect,
    UntrustedRequest: _untrusted,
    ProtocolError: _protocol,
    Refused: _refused,
}


def _counted(answer: Callable[..., Response]) -> Callable[[Exception], Response]:
    @wraps(answer)
    def answering(error: Exception) -> Response:
        metrics.REFUSALS.labels(_label(error)).inc()
        return answer(error)

    return answering


def _label(error: Exception) -> str:
    """Return the code to count a no under: one that is listed, so that there are only so many."""
    code = getattr(error, "code", None) or getattr(error, "error", "")
    return code if code in CATALOGUE or code in PROTOCOL_ERRORS else "other"
