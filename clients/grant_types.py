"""Name the ways a client may come to tokens; which of them are its own is data (RFC 7591 2)."""

from collections.abc import Collection

from clients.models import AuthMethod, OrganisationKind

CODE = "authorization_code"
IMPLICIT = "implicit"  # what the authorization endpoint gives beside a code, or instead
REFRESH = "refresh_token"
ITSELF = "client_credentials"  # RFC 6749 4.4
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"  # RFC 8628
CIBA = "urn:openid:params:grant-type:ciba"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"  # RFC 8693
KNOWN = (CODE, IMPLICIT, REFRESH, ITSELF, DEVICE, CIBA, EXCHANGE)
BY_PROOF = frozenset({ITSELF, CIBA, EXCHANGE})
# A merchant asks nobody who is not there; alone it asks about its own contract and offers.
AGENCIES_ONLY = frozenset({CIBA, EXCHANGE})


def require_fitting(
    types: Collection[str],
    *,
    kind: OrganisationKind,
    method: AuthMethod,
    redirect_uris: Collection[str],
) -> None:
    """Raise ValueError if a client of this kind cannot have these grant types."""
    if unknown := set(types) - set(KNOWN):
        raise ValueError(f"{min(unknown)} is not a grant type of this provider")
    if {CODE, IMPLICIT} & set(types) and not redirect_uris:
        raise ValueError("what answers a browser needs redirect_uris")
    if BY_PROOF & set(types) and method is AuthMethod.NONE:
        raise ValueError("only a client that proves itself acts without a browser")
    if AGENCIES_ONLY & set(types) and kind is not OrganisationKind.AGENCY:
        raise ValueError("only an agency's client asks who is not there")
