"""Serve the protocol's endpoints: read the request, ask `idp`, write the answer."""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Blueprint, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response

from idp import (
    authorize,
    ciba,
    devices,
    interactions,
    introspection,
    parameters,
    pushing,
    token,
    userinfo,
)
from idp.addresses import with_fragment, with_parameters
from idp.errors import (
    AuthorizationRefused,
    InsufficientAuthentication,
    NothingSent,
    ProtocolError,
    ReturnAddress,
)
from idp.interaction import Issue, Progress, next_step
from idp.issue import issue
from idp.parameters import Parameters
from idp.possession import BEARER, DPOP, Shown
from idp.requests import AuthorizationRequest
from idp.response_modes import FORM_POST, FRAGMENT, carrier_of
from idp.responses import travelling
from idp.userinfo import SCHEMES
from web import awaiting, cookies, flow, form_post, fronts, notices, scope
from web.mails import Mail

bp = Blueprint("oidc", __name__)
# Called by scripts on clients' pages as well; no cookie counts here, so any origin may ask.
OPEN_TO_SCRIPTS = frozenset({"/token", "/userinfo", "/revoke"})
SCRIPT_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, DPoP",
    "Access-Control-Expose-Headers": "WWW-Authenticate, DPoP-Nonce",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
FORM = "application/x-www-form-urlencoded"
JWT = "application/jwt"  # claims signed or encrypted (OIDC Core 5.3.2)
SHORT_ENOUGH = 7000  # bytes of a query; gunicorn and nginx let 8 KB through
PLAIN = re.compile(rb"[!\"$-~]*")  # what may stand in a query as it is: no space, no line end, no #


@bp.after_request
def _let_scripts_ask(response: Response) -> Response:
    if request.path in OPEN_TO_SCRIPTS:
        response.headers.update(SCRIPT_HEADERS)
    nonce = fronts.fresh_nonce(request.environ, scope.rooms().provider, now=scope.now())
    response.headers.extend(nonce)
    return response


@bp.get("/authorize")
def authorize_by_get() -> Response:
    """Answer an authorization request (OIDC Core 3.1.2)."""
    return _authorize(parameters.read(request.query_string))


@bp.post("/authorize")
def authorize_by_post() -> Response:
    """Answer an authorization request sent as a form.

    A form on another site brings no SameSite=Lax cookie, but a redirect to GET does; so the
    member who is signed in is recognised after one more step.
    """
    body = _form_body()
    query = as_query(body)
    if cookies.session() is None and query is not None:
        return redirect(f"{url_for('oidc.authorize_by_get')}?{query}", 303)
    return _authorize(parameters.read(body))


def as_query(body: bytes) -> str | None:
    """Return a form as the query of an address, if it is short and plain enough to be one."""
    if len(body) > SHORT_ENOUGH or not PLAIN.fullmatch(body):
        return None
    return body.decode("ascii")


def _authorize(sent: Parameters) -> Response:
    provider, now = scope.rooms().provider, scope.now()
    asked = authorize.read_request(provider, scope.db(), sent, now=now)
    asked = flow.ready(asked)
    signed_in = flow.signed_in(asked)
    decisions = flow.decisions(asked, signed_in)
    step = next_step(
        asked,
        signed_in,
        Progress(started_at=now),
        decisions,
        reachable=flow.reachable(asked, signed_in),
        now=now,
    )
    if isinstance(step, Issue) and signed_in is not None:
        response = issue(
            provider,
            scope.db(),
            asked,
            signed_in,
            decisions,
            keyring=scope.rooms().keyring,
            now=now,
        )
        return answer(asked, response)
    interaction_id = interactions.begin(
        scope.db(), asked, browser=cookies.browser(), provider=provider, now=now
    )
    return redirect(flow.page_of(step, interaction_id), 303)


def answer(asked: AuthorizationRequest, response: dict[str, str]) -> Response:
    """Send an authorization response to the client, naming ourselves (RFC 9207)."""
    return _back(asked.to, response)


def refuse(error: AuthorizationRefused) -> Response:
    """Send an authorization error to the client (RFC 6749 4.1.2.1)."""
    response = {"error": error.error, "error_description": error.description}
    if error.to.state is not None:
        response["state"] = error.to.state
    return _back(error.to, response)


def _back(to: ReturnAddress, response: dict[str, str]) -> Response:
    if to.awaited_id is not None:
        return awaiting.answer(to.awaited_id, response)
    provider = scope.rooms().provider
    told = travelling(provider, scope.db(), to, response, now=scope.now())
    carrier = carrier_of(to.mode)
    if carrier == FORM_POST:
        return form_post.page(to.redirect_uri, told)
    joined = with_fragment if carrier == FRAGMENT else with_parameters
    address = joined(to.redirect_uri, told)
    sent = Response(status=303, headers={"Location": address, "Cache-Control": "no-store"})
    del sent.headers["Content-Type"]  # there is none
    return sent


@bp.post("/par")
def pushed_request_endpoint() -> Response:
    """Keep a request that its client's back end brings before the browser does (RFC 9126)."""
    response = _no_store(jsonify(_served(pushing.push, shown=_shown())))
    response.status_code = HTTPStatus.CREATED
    return response


@bp.post(devices.PATH)
def device_authorization_endpoint() -> Response:
    """Let a device wait for a member's own phone (RFC 8628 3.1)."""
    return _no_store(jsonify(_served(devices.ask, key=scope.rooms().handover_key, shown=_shown())))


@bp.post(ciba.PATH)
def backchannel_endpoint() -> Response:
    """Let a counter wait for a member, who is told at once (CIBA 7)."""
    told, member_id = _served(ciba.ask, keyring=scope.rooms().keyring, shown=_shown())
    # To nobody, if nobody is meant: a stranger costs as much as a member.
    notices.mail(
        scope.db(), Mail.LOGIN_WANTED, member_id=member_id, language=notices.OWN, now=scope.now()
    )
    return _no_store(jsonify(told))


@bp.post("/token")
def token_endpoint() -> Response:
    """Exchange a code or a refresh token (RFC 6749 3.2)."""
    return _no_store(
        jsonify(_served(token.exchange, keyring=scope.rooms().keyring, shown=_shown()))
    )


@bp.route("/userinfo", methods=["GET", "POST"])
def userinfo_endpoint() -> Response:
    """Hand out the claims that may leave now (OIDC Core 5.3)."""
    told = _served(userinfo.userinfo, keyring=scope.rooms().keyring, shown=_shown())
    return _no_store(Response(told, mimetype=JWT) if isinstance(told, str) else jsonify(told))


@bp.post("/introspect")
def introspection_endpoint() -> Response:
    """Say what a token is worth (RFC 7662)."""
    return _no_store(jsonify(_served(introspection.introspect, shown=_shown())))


@bp.post("/revoke")
def revocation_endpoint() -> Response:
    """Revoke a token (RFC 7009)."""
    _served(introspection.revoke, shown=_shown())
    return _no_store(Response(status=200))


def _served(endpoint: Callable[..., Any], **more: Any) -> Any:  # each endpoint has its own answer
    sent = parameters.read(_form_body() if request.method == "POST" else b"")
    return endpoint(
        scope.rooms().provider,
        scope.db(),
        sent,
        authorization=request.headers.get("Authorization"),
        now=scope.now(),
        **more,
    )


def _shown() -> Shown:
    rooms = scope.rooms()
    return fronts.shown(request.environ, provider=rooms.provider, front=rooms.mtls_front)


def _form_body() -> bytes:
    body = request.get_data(cache=False)
    if body and request.mimetype != FORM:
        raise ProtocolError("invalid_request", f"the body must be {FORM}")
    return body


def _no_store(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


def _scheme() -> str:
    """Return the way a caller must send its token, by the way it tried (RFC 9449 7.1)."""
    words = request.headers.get("Authorization", "").split(maxsplit=1)
    tried = SCHEMES.get(words[0].lower() if words else "", BEARER)
    return DPOP if "DPoP" in request.headers else tried


def refuse_in_json(error: ProtocolError) -> Response:
    """Tell a client's back end what it did wrong (RFC 6749 5.2, RFC 6750 3)."""
    response = jsonify({"error": error.error, "error_description": error.description})
    response.status_code = error.status
    if error.status == HTTPStatus.UNAUTHORIZED:
        scheme = "Basic" if error.error == "invalid_client" else _scheme()
        challenge = f'{scheme} realm="{scope.rooms().provider.issuer}"'
        if scheme != "Basic" and not isinstance(error, NothingSent):
            challenge += f', error="{error.error}", error_description="{error.description}"'
        if isinstance(error, InsufficientAuthentication):
            challenge += "".join(f', {name}="{said}"' for name, said in error.challenge.items())
        response.headers["WWW-Authenticate"] = challenge
    return _no_store(response)
