"""Back-Channel OP: the suite's server is told of the logout, wherever the browser goes."""

from collections.abc import Iterator

import pytest

from tests.conformance.rp_logout.test_rp_initiated_logout import is_signed_out, leave
from tests.conformance.suite import GOODBYE, Client, Suite
from tests.live.receiver import Receiver, receiving, tell
from tests.live.server import DISCOVERY, Provider
from tests.live.visitor import Visitor

pytestmark = pytest.mark.slow


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving(Receiver("")) as receiver:
        yield receiver


@pytest.fixture
def suite(provider: Provider, visitor: Visitor, receiver: Receiver) -> Suite:
    """Lend a client that registered where its server is told."""
    suite = Suite(provider, visitor, mode="query")
    suite.client = Client(provider, backchannel_logout_uri=receiver.url)
    receiver.client_id, receiver.issuer = suite.client.client_id, provider.issuer
    receiver.keys = suite.keys()
    visitor.stops.append(GOODBYE)
    return suite


@pytest.mark.module("oidcc-backchannel-logout-discovery-endpoint-verification")
def test_oidcc_backchannel_logout_discovery_endpoint_verification(suite: Suite) -> None:
    told = suite.provider.call(DISCOVERY).json()

    assert told["backchannel_logout_supported"] is True
    assert told["backchannel_logout_session_supported"] is True
    assert told["end_session_endpoint"] == f"{suite.provider.issuer}/logout"


@pytest.mark.module("oidcc-backchannel-rp-initiated-logout")
def test_oidcc_backchannel_rp_initiated_logout(suite: Suite, receiver: Receiver) -> None:
    tokens = suite.sign_in()
    receiver.open_session(tokens["claims"])

    page = leave(
        suite,
        id_token_hint=tokens["id_token"],
        post_logout_redirect_uri=GOODBYE,
        state="a-state",
    )
    tell(suite.provider)

    assert page.has_stopped()
    assert not receiver.sessions
    (told,) = receiver.received
    assert {told["sub"], told["sid"]} == {tokens["claims"]["sub"], tokens["claims"]["sid"]}
    assert is_signed_out(suite)
