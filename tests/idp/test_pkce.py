import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp import pkce
from idp.errors import ProtocolError

pytestmark = pytest.mark.pyop_row(4)
# RFC 7636, appendix B
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
alphabet = st.sampled_from("abcxyzABCXYZ0189-._~")


def error_of(refused: pytest.ExceptionInfo[ProtocolError]) -> str:
    return refused.value.error


def test_the_challenge_is_the_one_of_the_specification() -> None:
    assert pkce.challenge_of(VERIFIER) == CHALLENGE


@given(st.text(alphabet, min_size=43, max_size=128))
def test_a_verifier_fits_its_own_challenge(verifier: str) -> None:
    pkce.require_challenge(pkce.challenge_of(verifier), "S256")

    pkce.require_verifier(verifier, pkce.challenge_of(verifier))


@pytest.mark.parametrize(
    ("challenge", "method"),
    [
        (None, None),
        (None, "S256"),
        (CHALLENGE, None),
        (CHALLENGE, "plain"),
        (CHALLENGE, "s256"),
        (CHALLENGE + "A", "S256"),
        (CHALLENGE[:-1], "S256"),
        (CHALLENGE[:-1] + "=", "S256"),
        (CHALLENGE[:-1] + "\n", "S256"),
        ("０" * 43, "S256"),
    ],
)
def test_only_an_s256_challenge_is_a_challenge(challenge: str | None, method: str | None) -> None:
    with pytest.raises(ProtocolError) as refused:
        pkce.require_challenge(challenge, method)

    assert error_of(refused) == "invalid_request"


@pytest.mark.parametrize(
    "verifier",
    [
        "",
        "short",
        "x" * 43,
        "x" * 129,
        VERIFIER + "\n",
        VERIFIER[:-1] + "é",
        CHALLENGE,
    ],
)
def test_any_other_verifier_is_refused(verifier: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        pkce.require_verifier(verifier, CHALLENGE)

    assert error_of(refused) == "invalid_grant"


def test_a_challenge_without_its_verifier_is_half_a_request() -> None:
    with pytest.raises(ProtocolError) as refused:
        pkce.require_verifier(None, CHALLENGE)

    assert error_of(refused) == "invalid_request"


def test_a_verifier_without_a_challenge_proves_nothing() -> None:
    pkce.require_verifier(None, None)
    with pytest.raises(ProtocolError) as refused:
        pkce.require_verifier(VERIFIER, None)

    assert error_of(refused) == "invalid_grant"
