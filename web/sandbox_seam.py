"""Let sandbox clients meet the fault they asked for, around the protocol's endpoints.

`init` is called where there is a sandbox and nowhere else; `idp` knows nothing of it. Which fault
is met in which way to sign in says `web.sandbox_ways`, what it does `web.sandbox_forgeries`.
"""

import json
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from urllib.parse import parse_qsl

from flask import Flask, request
from werkzeug.wrappers import Response

from idp import authorize, parameters
from idp.errors import AuthorizationRefused, ProtocolError
from web import oidc, sandbox_answers, sandbox_forgeries, sandbox_trials, sandbox_ways, scope
from web.sandbox_answers import JWS_PARTS, Claims, decoded
from web.sandbox_faults import BY_CODE, Fault, Where
from web.sandbox_forgeries import BESIDE, ID_TOKENS, USERINFO
from web.sandbox_models import Trial

SOON_SECONDS = "2"
SAID = "the sandbox was asked for this"


def init(app: Flask) -> None:
    """Stand around every request, before its transaction ends."""
    app.before_request(_before)
    app.after_request(_after)


def _before() -> Response | None:
    looks = {"/authorize": _refuse, "/token": _redeem, "/userinfo": _use}.get(request.path)
    return None if looks is None else looks()


def _after(response: Response) -> Response:
    if response.status_code == 200 and response.is_json:  # noqa: PLR2004  # OK
        if request.path in sandbox_ways.BEGUN_AT:
            return _began(response)
        looks = {"/token": _tokens, "/userinfo": _claims}.get(request.path)
        if looks is not None:
            looks(response)
    elif response.status_code in {200, 303}:  # a page that posts a form, or a redirect
        _answer(response)
    return response


def _sent() -> dict[str, str]:
    """Return what a request says; its body can be read once more."""
    raw = request.get_data() if request.method == "POST" else request.query_string
    return dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))


def _fault(trial: Trial | None, where: Where) -> Fault | None:
    fault = None if trial is None else BY_CODE.get(trial.fault)
    return fault if fault is not None and fault.where is where else None


# Before: refusals, and what a client is seen to do


def _refuse() -> Response | None:
    trial = sandbox_trials.armed(scope.db(), _sent().get("client_id", ""))
    fault = _fault(trial, Where.REQUEST)
    if trial is None or fault is None:
        return None
    raw = request.get_data() if request.method == "POST" else request.query_string
    # Only a request in order is answered by redirect (RFC 6749 4.1.2.1), a simulated one as well.
    asked = authorize.read_request(
        scope.rooms().provider, scope.db(), parameters.read(raw), now=scope.now()
    )
    if not sandbox_trials.spend(scope.db(), trial.id, now=scope.now()):
        return None
    return oidc.refuse(AuthorizationRefused(fault.code, SAID, to=asked.to))


def _redeem() -> Response | None:
    handle = _handle()
    if handle is not None:
        refused = _polled(handle)
        if refused is not None:
            return refused
    trial = sandbox_trials.of_code(scope.db(), _code())
    if trial is None:
        return None
    sandbox_trials.redeemed(scope.db(), trial, now=scope.now())
    scope.keep()  # what it did is known, whatever comes of it
    fault = _fault(trial, Where.TOKEN)
    return None if fault is None else SLIPS[fault.code](trial)


def _code() -> str:
    """Return what the client came with; a grant takes a handle as its code (decision 0072)."""
    return _handle() or _sent().get("code", "")


def _handle() -> str | None:
    sent = _sent()
    return next((sent[name] for name in sandbox_ways.HANDLES if name in sent), None)


def _polled(handle: str) -> Response | None:
    """Refuse who polls, if that was asked for; else let a sign-in that was agreed to meet it."""
    trial = sandbox_trials.armed_by_handle(scope.db(), handle)
    if trial is None or trial.fault not in sandbox_ways.AWAY:
        return None
    if trial.fault == sandbox_ways.POLLED:
        # A no is for good, here as anywhere: whoever asks again hears it again.
        sandbox_trials.deny(scope.db(), handle, now=scope.now())
        return _spent(trial, ProtocolError(trial.fault, SAID))
    if trial.fault not in sandbox_ways.BEGINNING:
        sandbox_trials.take(scope.db(), handle, now=scope.now())
    return None


def _spent(trial: Trial, error: ProtocolError) -> Response | None:
    if not sandbox_trials.spend(scope.db(), trial.id, now=scope.now()):
        return None
    return oidc.refuse_in_json(error)


def _no_grant(_: Trial) -> Response | None:
    return oidc.refuse_in_json(ProtocolError("invalid_grant", SAID))


def _unavailable(trial: Trial) -> Response | None:
    if not sandbox_trials.meet(scope.db(), trial, now=scope.now()):
        return None
    response = oidc.refuse_in_json(ProtocolError("temporarily_unavailable", SAID, status=503))
    response.headers["Retry-After"] = SOON_SECONDS
    return response


def _slow(_: Trial) -> Response | None:
    time.sleep(scope.rooms().settings.sandbox.slow_seconds)
    return None


def _use() -> Response | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    trial = sandbox_trials.of_token(
        scope.db(), token.strip() if scheme else _sent().get("access_token", "")
    )
    if trial is None:
        return None
    sandbox_trials.used(scope.db(), trial, now=scope.now())
    scope.keep()
    fault = _fault(trial, Where.USERINFO)
    if fault is None or fault.code != "invalid_token":
        return None
    return oidc.refuse_in_json(ProtocolError("invalid_token", SAID, status=401))


SLIPS: Mapping[str, Callable[[Trial], Response | None]] = MappingProxyType(
    {"invalid_grant": _no_grant, "unavailable": _unavailable, "slow": _slow}
)


# After: answers altered


def _began(response: Response) -> Response:
    """Refuse who begins at a device or by CIBA, if that was asked for.

    What was begun is undone, as where a server failed: no member is asked for a client that
    heard 503. So of two who begin at once both do.
    """
    told: Claims = response.get_json()
    handle = next((told[name] for name in sandbox_ways.HANDLES if name in told), "")
    trial = sandbox_trials.armed_by_handle(scope.db(), handle)
    if trial is None or trial.fault not in sandbox_ways.BEGINNING:
        return response
    error = ProtocolError(trial.fault, SAID, status=503)
    key = trial.id
    scope.abandon()
    sandbox_trials.spend(scope.db(), key, now=scope.now())
    return oidc.refuse_in_json(error)


def _answer(response: Response) -> None:
    """Let the sign-in whose code this is meet its fault."""
    told = sandbox_answers.read(response)
    if "code" not in told:
        return
    trial = sandbox_trials.take(scope.db(), str(told["code"]), now=scope.now())
    fault = _fault(trial, Where.ANSWER)
    if fault is None:
        return
    beside = {**told, **BESIDE[fault.code]()}
    altered = {name: value for name, value in beside.items() if value}
    sandbox_answers.write(response, altered, sign=sandbox_forgeries.sign)


def _tokens(response: Response) -> None:
    told: Claims = response.get_json()
    fault = _fault(sandbox_trials.of_code(scope.db(), _code()), Where.ID_TOKEN)
    parts = str(told.get("id_token", "")).split(".")
    if fault is None or len(parts) != JWS_PARTS:
        return
    header, claims = decoded(parts[0]), decoded(parts[1])
    told["id_token"] = ID_TOKENS[fault.code](told["id_token"], claims, header["alg"])
    response.set_data(json.dumps(told))


def _claims(response: Response) -> None:
    token = request.headers.get("Authorization", "").partition(" ")[2].strip()
    trial = sandbox_trials.of_token(scope.db(), token or _sent().get("access_token", ""))
    fault = _fault(trial, Where.USERINFO)
    if fault is not None and fault.code in USERINFO:
        told: Claims = response.get_json()
        response.set_data(json.dumps(told | USERINFO[fault.code](told)))
