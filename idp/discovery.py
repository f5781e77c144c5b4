"""Say what this provider can do (OIDC Discovery 1.0; RFC 8414)."""

from collections.abc import Iterable
from typing import Any

from clients import encryption, grant_types, response_types
from clients.authentication import BY_CERTIFICATE
from clients.models import AuthMethod, Profile
from clients.profiles import rules_of
from consent.catalogue import CLAIMS, SCOPES, VERIFIED
from idp import details, dpop, verified_claims
from idp.pkce import METHOD
from idp.response_modes import MODES
from idp.signing import ALGORITHMS
from kernel.wording import LANGUAGES

PATHS = {
    "authorization_endpoint": "/authorize",
    "token_endpoint": "/token",
    "userinfo_endpoint": "/userinfo",
    "jwks_uri": "/jwks.json",
    "revocation_endpoint": "/revoke",
    "introspection_endpoint": "/introspect",
    "end_session_endpoint": "/logout",
    "check_session_iframe": "/session-state",
    "pushed_authorization_request_endpoint": "/par",
    "device_authorization_endpoint": "/device_authorization",
    "registration_endpoint": "/register",
    "backchannel_authentication_endpoint": "/bc-authorize",
}
# Where programs call, not people: those may show certificates (RFC 8705 5).
CALLED = (
    "token_endpoint",
    "userinfo_endpoint",
    "revocation_endpoint",
    "introspection_endpoint",
    "pushed_authorization_request_endpoint",
    "device_authorization_endpoint",
    "backchannel_authentication_endpoint",
)
ASSERTION_ALGORITHMS = list(rules_of(Profile.BASIC).algorithms)


def metadata(
    issuer: str,
    *,
    acr_values: Iterable[str] = (),
    mtls_front: str = "",
    vouched: bool = False,
    hybrid: bool = False,
) -> dict[str, Any]:
    """Return the provider's metadata document.

    Certificates are taken at `mtls_front`; `vouched` says whether an authority names clients,
    `hybrid` whether tokens may come through the browser.
    """
    methods = [method.value for method in _methods(mtls_front, vouched=vouched)]
    confidential = [method for method in methods if method != AuthMethod.NONE.value]
    return {
        "issuer": issuer,
        **{name: issuer + path for name, path in PATHS.items()},
        "service_documentation": f"{issuer}/developers",
        "op_policy_uri": f"{issuer}/privacy",
        "scopes_supported": list(SCOPES),
        "response_types_supported": list(response_types.served(hybrid=hybrid)),
        "response_modes_supported": list(MODES),
        "grant_types_supported": [
            each for each in grant_types.KNOWN if hybrid or each != grant_types.IMPLICIT
        ],
        "acr_values_supported": sorted(acr_values),
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": list(ALGORITHMS),
        "id_token_encryption_alg_values_supported": list(encryption.ALGORITHMS),
        "id_token_encryption_enc_values_supported": list(encryption.ENCODINGS),
        "userinfo_signing_alg_values_supported": list(ALGORITHMS),
        "userinfo_encryption_alg_values_supported": list(encryption.ALGORITHMS),
        "userinfo_encryption_enc_values_supported": list(encryption.ENCODINGS),
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": ASSERTION_ALGORITHMS,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": ASSERTION_ALGORITHMS,
        "introspection_endpoint_auth_methods_supported": confidential,
        "introspection_endpoint_auth_signing_alg_values_supported": ASSERTION_ALGORITHMS,
        "display_values_supported": ["page", "popup", "touch", "wap"],
        "claim_types_supported": ["normal"],
        "claims_supported": [
            *(claim.name for claim in CLAIMS if claim.name != VERIFIED),
            "iss",
            "aud",
            "iat",
            "exp",
            "auth_time",
            "acr",
            "amr",
            "nonce",
            "sid",
            "at_hash",
            *(("c_hash", "s_hash") if hybrid else ()),
        ],
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_object_signing_alg_values_supported": ASSERTION_ALGORITHMS,
        "authorization_signing_alg_values_supported": list(ALGORITHMS),
        "request_uri_parameter_supported": True,
        "require_request_uri_registration": True,
        "require_pushed_authorization_requests": False,
        "backchannel_token_delivery_modes_supported": ["poll", "ping"],
        "backchannel_authentication_request_signing_alg_values_supported": ASSERTION_ALGORITHMS,
        "backchannel_user_code_parameter_supported": False,
        "code_challenge_methods_supported": [METHOD],
        "dpop_signing_alg_values_supported": list(dpop.KEYS),
        "authorization_response_iss_parameter_supported": True,
        **verified_claims.METADATA,
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "frontchannel_logout_supported": True,
        "frontchannel_logout_session_supported": True,
        "authorization_details_types_supported": [details.TYPE],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "ui_locales_supported": list(LANGUAGES),
        **_by_certificate(mtls_front),
    }


def _methods(mtls_front: str, *, vouched: bool) -> list[AuthMethod]:
    """Return the ways that work here for a client to prove itself."""
    absent = frozenset() if mtls_front else BY_CERTIFICATE
    absent |= frozenset() if vouched else {AuthMethod.TLS}
    return [method for method in AuthMethod if method not in absent]


def _by_certificate(mtls_front: str) -> dict[str, Any]:
    """Return where certificates may be shown, and that tokens may be held to them (RFC 8705)."""
    if not mtls_front:
        return {}
    aliases = {name: mtls_front + path for name, path in PATHS.items() if name in CALLED}
    return {"tls_client_certificate_bound_access_tokens": True, "mtls_endpoint_aliases": aliases}
