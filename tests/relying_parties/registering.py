"""Register a relying party for a test."""

from typing import Any

from tests import make
from tests.live.server import Provider

CALLBACK = "http://127.0.0.1:9/callback"  # nobody listens there: the visitor stops before it
GOODBYE = "http://127.0.0.1:9/goodbye"
SCOPE = "openid profile email"


def register(provider: Provider, client_id: str, **form: Any) -> str | None:  # forms are JSON
    """Register a client that may ask for name, birth date and e-mail; return its secret."""
    optional = map(make.a_claim_form, ("birthdate", "email"))
    claims = [make.a_claim_form("name", required=True), *optional]
    usual = {
        "sector": f"{client_id}.invalid",
        "redirect_uris": [CALLBACK],
        "post_logout_redirect_uris": [GOODBYE],
        "purposes": [make.a_purpose_form(claims=claims)],
    }
    return provider.register(client_id, **{**usual, **form})
