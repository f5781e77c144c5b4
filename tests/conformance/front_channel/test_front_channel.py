"""Front-Channel OP: the browser loads the client's address in a frame, then goes on."""

import re
from html import unescape
from urllib.parse import parse_qsl

import pytest

from tests.conformance.rp_logout.test_rp_initiated_logout import is_signed_out, leave
from tests.conformance.suite import GOODBYE, Client, Suite
from tests.live.server import DISCOVERY, Provider
from tests.live.visitor import Visitor

pytestmark = pytest.mark.slow
FRAMED = GOODBYE.replace("post_logout_redirect", "frontchannel_logout")


@pytest.fixture
def suite(provider: Provider, visitor: Visitor) -> Suite:
    """Lend a client that registered an address for frames."""
    suite = Suite(provider, visitor, mode="query")
    suite.client = Client(provider, frontchannel_logout_uri=FRAMED)
    visitor.stops.append(GOODBYE)
    return suite


@pytest.mark.module("oidcc-frontchannel-logout-discovery-endpoint-verification")
def test_oidcc_frontchannel_logout_discovery_endpoint_verification(suite: Suite) -> None:
    told = suite.provider.call(DISCOVERY).json()

    assert told["frontchannel_logout_supported"] is True
    assert told["frontchannel_logout_session_supported"] is True
    assert told["end_session_endpoint"] == f"{suite.provider.issuer}/logout"


@pytest.mark.module("oidcc-frontchannel-rp-initiated-logout")
def test_oidcc_frontchannel_rp_initiated_logout(suite: Suite) -> None:
    tokens = suite.sign_in()

    page = leave(
        suite, id_token_hint=tokens["id_token"], post_logout_redirect_uri=GOODBYE, state="a-state"
    )

    (frame,) = re.findall('<iframe src="([^"]+)"', page.page)
    address, _, query = unescape(frame).partition("?")
    sid = tokens["claims"]["sid"]
    assert (address, dict(parse_qsl(query))) == (
        FRAMED,
        {"iss": suite.provider.issuer, "sid": sid},
    )
    (onward,) = re.findall('id="logout_continue" href="([^"]+)"', page.page)
    assert unescape(onward) == f"{GOODBYE}?state=a-state"
    assert is_signed_out(suite)
