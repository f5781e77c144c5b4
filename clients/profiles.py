"""Settle what specifications say differently, as data: one row of rules for each profile.

Nothing else asks which profile a client has (docs/decisions/0050).
"""

from dataclasses import dataclass, replace

from clients.models import AuthMethod, Profile


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What a profile demands of its clients."""

    pkce: bool  # a code challenge with every request (RFC 9700 2.1.1; FAPI 2.0 5.3.2.2)
    pushed: bool  # every request comes from server to server first (FAPI 2.0 5.3.2.2)
    only_issuer: bool  # an assertion names the issuer, alone, as a string (FAPI 2.0 5.3.2.1)
    algorithms: tuple[str, ...]  # what the client may sign with (OIDC Core 15.1; FAPI 2.0 5.4.1)
    rotates: bool  # a refresh gives a new refresh token (RFC 9700 4.14.2; FAPI 2.0 5.3.2.1)
    bound: bool  # tokens are held to a key or a certificate (FAPI 2.0 5.3.2.1)
    browser: bool  # tokens may come through the browser (OIDC Core 3.2, 3.3)
    signed: bool  # requests and responses are JWTs (FAPI 2.0 Message Signing 5.3, 5.4)
    proofs: frozenset[AuthMethod]  # how the client may authenticate


STRONG = ("ES256", "PS256", "EdDSA")
_FAPI1 = ("ES256", "PS256")
_FAPI2 = Rules(
    pkce=True,
    pushed=True,
    only_issuer=True,
    algorithms=STRONG,
    rotates=False,
    bound=True,
    browser=False,
    signed=False,
    proofs=frozenset({AuthMethod.PRIVATE_KEY_JWT, AuthMethod.TLS, AuthMethod.SELF_SIGNED_TLS}),
)
_CORE = Rules(
    pkce=False,
    pushed=False,
    only_issuer=False,
    algorithms=(*STRONG, "RS256"),
    rotates=True,
    bound=False,
    browser=False,
    signed=False,
    proofs=frozenset(AuthMethod) - {AuthMethod.NONE},
)
RULES: dict[Profile, Rules] = {
    Profile.CORE: _CORE,
    Profile.HYBRID: replace(_CORE, browser=True),
    Profile.BASIC: Rules(
        pkce=True,
        pushed=False,
        only_issuer=False,
        algorithms=(*STRONG, "RS256"),
        rotates=True,
        bound=False,
        browser=False,
        signed=False,
        proofs=frozenset(AuthMethod),
    ),
    Profile.FAPI2: _FAPI2,
    Profile.FAPI2_SIGNED: replace(_FAPI2, signed=True),
    # FAPI-CIBA rests on FAPI 1.0: endpoints may be addressed, EdDSA is not known yet (5.2.2, 7.10).
    Profile.FAPI_CIBA: replace(_FAPI2, signed=True, only_issuer=False, algorithms=_FAPI1),
}


def rules_of(profile: Profile) -> Rules:
    """Return what clients of this profile must keep to."""
    return RULES[profile]
