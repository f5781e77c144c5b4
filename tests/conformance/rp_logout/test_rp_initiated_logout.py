"""RP-Initiated OP: a client asks for the end of the session, the member presses yes."""

import base64
import json
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from tests import proofs
from tests.conformance.suite import GOODBYE, Suite
from tests.live.server import DISCOVERY, Provider
from tests.live.visitor import Visitor

pytestmark = pytest.mark.slow


@pytest.fixture
def suite(provider: Provider, visitor: Visitor) -> Suite:
    """Lend a client and a member; the answer's way does not matter here."""
    visitor.stops.append(GOODBYE)
    return Suite(provider, visitor, mode="query")


def leave(suite: Suite, **parameters: str) -> Visitor:
    """Ask for the logout and press yes."""
    query = urlencode(parameters)
    visitor = suite.visitor.open(f"{suite.provider.issuer}/logout?{query}")
    return visitor.submit("logout_yes") if visitor.shows("logout_yes") else visitor


def is_signed_out(suite: Suite) -> bool:
    return suite.visitor.open(suite.url(suite.parameters(prompt="none"))) is not None and (
        suite.answer().get("error") == "login_required"
    )


def stayed(page: Visitor) -> bool:
    """Say whether the browser was kept here, on a page for the person."""
    return not page.has_stopped() and page.status == 200 and "<h1>" in page.page


def hint(suite: Suite) -> str:
    return str(suite.sign_in()["id_token"])


@pytest.mark.module("oidcc-rp-initiated-logout-discovery-endpoint-verification")
def test_oidcc_rp_initiated_logout_discovery_endpoint_verification(suite: Suite) -> None:
    told = suite.provider.call(DISCOVERY).json()

    assert told["end_session_endpoint"] == f"{suite.provider.issuer}/logout"


@pytest.mark.module("oidcc-rp-initiated-logout")
def test_oidcc_rp_initiated_logout(suite: Suite) -> None:
    page = leave(
        suite, id_token_hint=hint(suite), post_logout_redirect_uri=GOODBYE, state="a-state"
    )

    address, _, query = page.url.partition("?")
    assert (address, dict(parse_qsl(query))) == (GOODBYE, {"state": "a-state"})
    assert is_signed_out(suite)


@pytest.mark.module("oidcc-rp-initiated-logout-no-state")
def test_oidcc_rp_initiated_logout_no_state(suite: Suite) -> None:
    page = leave(suite, id_token_hint=hint(suite), post_logout_redirect_uri=GOODBYE)

    assert (page.has_stopped(), urlsplit(page.url).query) == (True, "")
    assert is_signed_out(suite)


@pytest.mark.module("oidcc-rp-initiated-logout-bad-post-logout-redirect-uri")
def test_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(suite: Suite) -> None:
    elsewhere = GOODBYE.replace("suite.invalid", "other.invalid")

    assert stayed(leave(suite, id_token_hint=hint(suite), post_logout_redirect_uri=elsewhere))


@pytest.mark.module("oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri")
def test_oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri(suite: Suite) -> None:
    more = f"{GOODBYE}?foo=bar"

    assert stayed(leave(suite, id_token_hint=hint(suite), post_logout_redirect_uri=more))


@pytest.mark.module("oidcc-rp-initiated-logout-modified-id-token-hint")
def test_oidcc_rp_initiated_logout_modified_id_token_hint(suite: Suite) -> None:
    header = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).rstrip(b"=").decode()
    modified = f"{header}.{hint(suite).split('.')[1]}."

    assert stayed(leave(suite, id_token_hint=modified, post_logout_redirect_uri=GOODBYE))


@pytest.mark.module("oidcc-rp-initiated-logout-bad-id-token-hint")
def test_oidcc_rp_initiated_logout_bad_id_token_hint(suite: Suite) -> None:
    claims = suite.claims(hint(suite))
    foreign = proofs.signed(proofs.new_key(), claims, typ="JWT")

    assert stayed(leave(suite, id_token_hint=foreign, post_logout_redirect_uri=GOODBYE))


@pytest.mark.module("oidcc-rp-initiated-logout-no-id-token-hint")
def test_oidcc_rp_initiated_logout_no_id_token_hint(suite: Suite) -> None:
    suite.sign_in()

    assert stayed(leave(suite, post_logout_redirect_uri=GOODBYE, state="a-state"))


@pytest.mark.module("oidcc-rp-initiated-logout-no-params")
def test_oidcc_rp_initiated_logout_no_params(suite: Suite) -> None:
    suite.sign_in()

    assert stayed(leave(suite))
    assert is_signed_out(suite)


@pytest.mark.module("oidcc-rp-initiated-logout-no-post-logout-redirect-uri")
def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(suite: Suite) -> None:
    assert stayed(leave(suite, id_token_hint=hint(suite)))
    assert is_signed_out(suite)


@pytest.mark.module("oidcc-rp-initiated-logout-only-state")
def test_oidcc_rp_initiated_logout_only_state(suite: Suite) -> None:
    suite.sign_in()

    assert stayed(leave(suite, state="a-state"))
    assert is_signed_out(suite)
