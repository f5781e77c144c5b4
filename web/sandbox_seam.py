"""Let sandbox clients meet the fault they asked for, around the protocol's endpoints.

`init` is called where there is a sandbox and nowhere else; `idp` knows nothing of it. What a fault
needs is signed with the sandbox's own keys, over what `idp` would have answered.
"""

import json
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask, request
from werkzeug.wrappers import Response

from clients.claims import NOTES
from idp import authorize, parameters
from idp.errors import AuthorizationRefused, ProtocolError
from idp.signing import LocalSigner, Signer, SigningKeyPair, new_key
from kernel.ids import new_secret
from web import oidc, sandbox_trials, scope
from web.sandbox_faults import BY_CODE, Fault, Where
from web.sandbox_models import Trial

Claims: TypeAlias = dict[str, Any]  # JSON of several shapes
STRANGER = "https://another-provider.invalid"
LONG_AGO = 24 * 3600  # seconds
SOON_SECONDS = "2"
SAID = "the sandbox was asked for this"
JWS_PARTS = 3


def init(app: Flask) -> None:
    """Stand around every request, before its transaction ends."""
    app.before_request(_before)
    app.after_request(_after)


def _before() -> Response | None:
    looks = {"/authorize": _refuse, "/token": _redeem, "/userinfo": _use}.get(request.path)
    return None if looks is None else looks()


def _after(response: Response) -> Response:
    if response.status_code == 303:  # noqa: PLR2004  # See Other
        _answer(response)
    elif response.status_code == 200 and response.is_json:  # noqa: PLR2004  # OK
        looks = {"/token": _tokens, "/userinfo": _claims}.get(request.path)
        if looks is not None:
            looks(response)
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
    if not sandbox_trials.spend(scope.db(), trial, now=scope.now()):
        return None
    return oidc.refuse(AuthorizationRefused(fault.code, SAID, to=asked.to))


def _redeem() -> Response | None:
    trial = sandbox_trials.of_code(scope.db(), _sent().get("code", ""))
    if trial is None:
        return None
    sandbox_trials.redeemed(scope.db(), trial, now=scope.now())
    scope.keep()  # what it did is known, whatever comes of it
    fault = _fault(trial, Where.TOKEN)
    return None if fault is None else SLIPS[fault.code](trial)


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


def _answer(response: Response) -> None:
    """Let the sign-in whose code this is meet its fault; only codes in a query are known."""
    parts = urlsplit(response.headers.get("Location", ""))
    told = dict(parse_qsl(parts.query, keep_blank_values=True))
    if "code" not in told:
        return
    trial = sandbox_trials.take(scope.db(), told["code"], now=scope.now())
    fault = _fault(trial, Where.ANSWER)
    if fault is None:
        return
    altered = {name: value for name, value in {**told, **BESIDE[fault.code]()}.items() if value}
    response.headers["Location"] = parts._replace(query=urlencode(altered)).geturl()


BESIDE: Mapping[str, Callable[[], dict[str, str]]] = MappingProxyType(
    {
        "wrong_state": lambda: {"state": new_secret()},
        "wrong_iss": lambda: {"iss": STRANGER},
        "no_iss": lambda: {"iss": ""},
    }
)


def _tokens(response: Response) -> None:
    told: Claims = response.get_json()
    trial = sandbox_trials.of_code(scope.db(), _sent().get("code", ""))
    fault = _fault(trial, Where.ID_TOKEN)
    parts = str(told.get("id_token", "")).split(".")
    if fault is None or len(parts) != JWS_PARTS:  # an encrypted one nobody but its client opens
        return
    header, claims = _read(parts[0]), _read(parts[1])
    told["id_token"] = SIGNED[fault.code](told["id_token"], claims, header["alg"])
    response.set_data(json.dumps(told))


def _read(part: str) -> Claims:
    read: Claims = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return read


def _ours() -> Signer:
    signer: Signer = scope.rooms().provider.keys.signer(scope.db(), now=scope.now())
    return signer


def _saying(alter: Callable[[Claims], Claims]) -> Callable[[str, Claims, str], str]:
    """Return what signs other claims with our own key."""
    return lambda _, claims, alg: _ours().sign({**claims, **alter(claims)}, alg=alg)


def _past(claims: Claims) -> Claims:
    return {name: claims[name] - LONG_AGO for name in ("iat", "exp")}


def _bad_signature(token: str, claims: Claims, alg: str) -> str:
    other = _ours().sign({**claims, "nonce": new_secret()}, alg=alg)
    return ".".join((*token.split(".")[:2], other.split(".")[2]))


def _unknown_key(_: str, claims: Claims, alg: str) -> str:
    key = SigningKeyPair(kid=new_secret(), alg=alg, active=True, key=new_key(alg))
    return LocalSigner([key]).sign(claims, alg=alg)


SIGNED: Mapping[str, Callable[[str, Claims, str], str]] = MappingProxyType(
    {
        "wrong_nonce": _saying(lambda _: {"nonce": new_secret()}),
        "wrong_issuer": _saying(lambda _: {"iss": STRANGER}),
        "wrong_audience": _saying(lambda _: {"aud": "another-client"}),
        "expired": _saying(_past),
        "bad_signature": _bad_signature,
        "unknown_key": _unknown_key,
    }
)


def _claims(response: Response) -> None:
    token = request.headers.get("Authorization", "").partition(" ")[2].strip()
    trial = sandbox_trials.of_token(scope.db(), token or _sent().get("access_token", ""))
    fault = _fault(trial, Where.USERINFO)
    if fault is not None and fault.code in ABOUT:
        told: Claims = response.get_json()
        response.set_data(json.dumps(told | ABOUT[fault.code](told)))


def _unknown(told: Claims) -> Claims:
    asked = NOTES & told.keys() or {"senior_card"}
    return {name: {"state": "unknown", "disputed": False} for name in sorted(asked)}


ABOUT: Mapping[str, Callable[[Claims], Claims]] = MappingProxyType(
    {"wrong_subject": lambda _: {"sub": new_secret()}, "unknown_note": _unknown}
)
