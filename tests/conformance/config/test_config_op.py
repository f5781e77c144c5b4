"""Config OP: what discovery says is true and well-formed (OIDC Discovery 1.0)."""

from urllib.parse import urlsplit

import pytest
from joserfc.jwk import KeySet

from tests.live.server import DISCOVERY, Provider

pytestmark = pytest.mark.slow


@pytest.mark.module("oidcc-discovery-endpoint-verification")
def test_oidcc_discovery_endpoint_verification(provider: Provider) -> None:
    response = provider.call(DISCOVERY)
    document = response.json()
    keys = provider.call("/jwks.json").json()["keys"]

    assert response.headers["Content-Type"] == "application/json"
    assert document["issuer"] == provider.issuer
    for name in document:
        if name.endswith(("_endpoint", "jwks_uri")):
            assert document[name].startswith(provider.issuer + "/"), name
            assert not urlsplit(document[name]).fragment
    assert "RS256" in document["id_token_signing_alg_values_supported"]
    assert "none" not in document["id_token_signing_alg_values_supported"]
    assert "openid" in document["scopes_supported"]
    assert document["claims_supported"]
    assert document["subject_types_supported"] == ["pairwise"]
    assert isinstance(document["code_challenge_methods_supported"], list)
    assert document["ui_locales_supported"] == ["zh-Hant-TW", "en"]
    assert len({key["kid"] for key in keys}) == len(keys)
    assert not any({"d", "p", "q"} & set(key) for key in keys)
    assert KeySet.import_key_set({"keys": keys})
