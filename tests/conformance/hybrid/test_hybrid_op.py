"""Implicit and Hybrid OP: what the response types with an id_token have beside Basic OP."""

import pytest

from tests.conformance.suite import Suite

pytestmark = pytest.mark.slow


@pytest.mark.module("oidcc-ensure-request-without-nonce-fails")
def test_oidcc_ensure_request_without_nonce_fails(suite: Suite) -> None:
    suite.open(nonce=None)

    assert suite.answer()["error"] == "invalid_request"
