"""Say wrong things on purpose: what each fault does to an answer that was right.

Signed with the sandbox's own keys, over what `idp` would have answered.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from clients.claims import NOTES
from idp.signing import LocalSigner, Signer, SigningKeyPair, new_key
from kernel.ids import new_secret
from web import scope
from web.sandbox_answers import Claims

STRANGER = "https://another-provider.invalid"
LONG_AGO = 24 * 3600  # seconds
Forgery = Callable[[str, Claims, str], str]  # of a token, its claims and its algorithm

# Beside a code; what is empty is left out.
BESIDE: Mapping[str, Callable[[], dict[str, str]]] = MappingProxyType(
    {
        "wrong_state": lambda: {"state": new_secret()},
        "wrong_iss": lambda: {"iss": STRANGER},
        "no_iss": lambda: {"iss": ""},
    }
)


def sign(claims: Claims, alg: str) -> str:
    """Sign as the provider does."""
    signer: Signer = scope.rooms().provider.keys.signer(scope.db(), now=scope.now())
    return signer.sign(claims, alg=alg)


def _saying(alter: Callable[[Claims], Claims]) -> Forgery:
    """Return what signs other claims with our own key."""
    return lambda _, claims, alg: sign({**claims, **alter(claims)}, alg)


def _past(claims: Claims) -> Claims:
    return {name: claims[name] - LONG_AGO for name in ("iat", "exp")}


def _bad_signature(token: str, claims: Claims, alg: str) -> str:
    other = sign({**claims, "nonce": new_secret()}, alg)
    return ".".join((*token.split(".")[:2], other.split(".")[2]))


def _unknown_key(_: str, claims: Claims, alg: str) -> str:
    key = SigningKeyPair(kid=new_secret(), alg=alg, active=True, key=new_key(alg))
    return LocalSigner([key]).sign(claims, alg=alg)


ID_TOKENS: Mapping[str, Forgery] = MappingProxyType(
    {
        "wrong_nonce": _saying(lambda _: {"nonce": new_secret()}),
        "wrong_issuer": _saying(lambda _: {"iss": STRANGER}),
        "wrong_audience": _saying(lambda _: {"aud": "another-client"}),
        "expired": _saying(_past),
        "bad_signature": _bad_signature,
        "unknown_key": _unknown_key,
    }
)


def _unknown(told: Claims) -> Claims:
    asked = NOTES & told.keys() or {"senior_card"}
    return {name: {"state": "unknown", "disputed": False} for name in sorted(asked)}


USERINFO: Mapping[str, Callable[[Claims], Claims]] = MappingProxyType(
    {"wrong_subject": lambda _: {"sub": new_secret()}, "unknown_note": _unknown}
)
