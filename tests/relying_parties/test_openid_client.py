"""`openid-client` for JavaScript, which is certified, in each way a client may authenticate."""

import json
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey

from tests.live.server import Provider
from tests.live.visitor import Visitor
from tests.relying_parties import node_client
from tests.relying_parties.registering import CALLBACK, GOODBYE, SCOPE, register

pytestmark = pytest.mark.slow

METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")


@pytest.fixture(scope="session", autouse=True)
def _installed(tmp_path_factory: pytest.TempPathFactory) -> None:
    node_client.require_installed(Path(tmp_path_factory.getbasetemp()).parent / "node.lock")


def a_client(provider: Provider, method: str) -> dict[str, Any]:
    """Register a client and return what its script has to know."""
    client_id = f"node-{method}"
    form: dict[str, Any] = {"auth_method": method}
    told: dict[str, Any] = {"client_id": client_id, "method": method, "issuer": provider.issuer}
    if method == "private_key_jwt":
        key = ECKey.generate_key("P-256", {"alg": "ES256", "use": "sig"}, auto_kid=True)
        form["jwks"] = {"keys": [key.as_dict(private=False)]}
        told["key"] = json.loads(json.dumps(key.as_dict(private=True)))
    told["secret"] = register(provider, client_id, **form)
    return {**told, "redirect_uri": CALLBACK, "goodbye": GOODBYE, "scope": SCOPE}


@pytest.mark.parametrize("method", METHODS)
def test_it_signs_in_reads_refreshes_revokes_and_signs_out(
    provider: Provider, visitor: Visitor, method: str
) -> None:
    person = provider.enrol(f"node.{method}")
    visitor.stops.append("http://127.0.0.1:9/")

    with node_client.running(a_client(provider, method)) as client:
        visitor.open(client.start()).log_in(person).consent("email")
        report = client.finish(visitor.url)
    visitor.open(report["leave"]).submit("logout_yes")

    assert report["issuer"] == provider.issuer
    assert report["nonceKept"]
    assert report["claims"] | {"sub": "-"} == {
        "sub": "-",
        "name": "陳美玉",
        "email": "mei.chen@mail.invalid",
    }
    assert report["renewed"] == report["claims"]
    assert report["refreshed"]
    assert report["mixedUp"] == "OAUTH_INVALID_RESPONSE"
    assert report["afterwards"] == "invalid_token"
    assert visitor.url == GOODBYE
