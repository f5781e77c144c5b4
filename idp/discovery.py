"""Say what this provider can do (OIDC Discovery 1.0; RFC 8414)."""

from collections.abc import Iterable
from typing import Any

from clients import grant_types
from clients.models import AuthMethod, Profile
from clients.profiles import rules_of
from consent.catalogue import CLAIMS, SCOPES
from idp import dpop
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
    "pushed_authorization_request_endpoint": "/par",
}
ASSERTION_ALGORITHMS = list(rules_of(Profile.BASIC).algorithms)


def metadata(issuer: str, *, acr_values: Iterable[str] = ()) -> dict[str, Any]:
    """Return the provider's metadata document."""
    methods = [method.value for method in AuthMethod]
    confidential = [method for method in methods if method != AuthMethod.NONE.value]
    return {
        "issuer": issuer,
        **{name: issuer + path for name, path in PATHS.items()},
        "service_documentation": f"{issuer}/developers",
        "op_policy_uri": f"{issuer}/privacy",
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": list(MODES),
        "grant_types_supported": list(grant_types.KNOWN),
        "acr_values_supported": sorted(acr_values),
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": list(ALGORITHMS),
        "token_endpoint_auth_methods_supported": methods,
        "token_endpoint_auth_signing_alg_values_supported": ASSERTION_ALGORITHMS,
        "revocation_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_signing_alg_values_supported": ASSERTION_ALGORITHMS,
        "introspection_endpoint_auth_methods_supported": confidential,
        "introspection_endpoint_auth_signing_alg_values_supported": ASSERTION_ALGORITHMS,
        "display_values_supported": ["page", "popup", "touch", "wap"],
        "claim_types_supported": ["normal"],
        "claims_supported": [
            *(claim.name for claim in CLAIMS),
            "iss",
            "aud",
            "iat",
            "exp",
            "auth_time",
            "acr",
            "amr",
            "nonce",
            "at_hash",
        ],
        "claims_parameter_supported": True,
        "request_parameter_supported": True,
        "request_object_signing_alg_values_supported": ASSERTION_ALGORITHMS,
        "authorization_signing_alg_values_supported": list(ALGORITHMS),
        "request_uri_parameter_supported": False,
        "require_request_uri_registration": False,
        "require_pushed_authorization_requests": False,
        "code_challenge_methods_supported": [METHOD],
        "dpop_signing_alg_values_supported": list(dpop.KEYS),
        "authorization_response_iss_parameter_supported": True,
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "ui_locales_supported": list(LANGUAGES),
    }
