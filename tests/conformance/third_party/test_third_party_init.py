"""3rd Party-Init OP: a login may be started from elsewhere, at an address that is registered."""

import pytest

from tests.conformance.dynamic_clients import Dynamic
from tests.conformance.suite import call

pytestmark = pytest.mark.slow
START = "https://suite.invalid/test/a/taipei-id/initiate_login_uri"


@pytest.mark.module("oidcc-3rd_party-init-login")
def test_oidcc_3rd_party_init_login(dynamic: Dynamic) -> None:
    client = dynamic.register(initiate_login_uri=START)
    key = {"Authorization": f"Bearer {client.told['registration_access_token']}"}

    read = call("GET", client.told["registration_client_uri"], headers=key)

    assert client.told["initiate_login_uri"] == START
    assert read.json()["initiate_login_uri"] == START


@pytest.mark.module("oidcc-3rd_party-init-login-nohttps")
def test_oidcc_3rd_party_init_login_nohttps(dynamic: Dynamic) -> None:
    refused = dynamic.send(initiate_login_uri=START.replace("https://", "http://"))

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client_metadata")
