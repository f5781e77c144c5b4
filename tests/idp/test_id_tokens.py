from datetime import timedelta

from idp.id_tokens import Login, id_token_claims, left_half_hash
from tests.make import NOON

LOGIN = Login(acr="urn:a", amr=("pwd",), authenticated_at=NOON - timedelta(minutes=1))
STAMP = int(NOON.timestamp())


def claims(
    *, nonce: str | None = "n", access_token: str | None = "t", tells_auth_time: bool = True
) -> dict[str, object]:
    return id_token_claims(
        issuer="https://id.example.invalid",
        client_id="library",
        sub="s",
        login=LOGIN,
        tells_auth_time=tells_auth_time,
        nonce=nonce,
        access_token=access_token,
        lifetime=timedelta(minutes=10),
        alg="ES256",
        now=NOON,
    )


def test_an_id_token_says_who_was_identified_how_when_by_whom_and_for_whom() -> None:
    assert claims() == {
        "iss": "https://id.example.invalid",
        "sub": "s",
        "aud": "library",
        "iat": STAMP,
        "exp": STAMP + 600,
        "auth_time": STAMP - 60,
        "acr": "urn:a",
        "amr": ["pwd"],
        "nonce": "n",
        "at_hash": left_half_hash("t", alg="ES256"),
    }


def test_the_moment_of_the_login_is_not_told_unasked() -> None:
    assert "auth_time" not in claims(tells_auth_time=False)


def test_without_a_nonce_or_an_access_token_nothing_is_said_of_them() -> None:
    assert {"nonce", "at_hash"}.isdisjoint(claims(nonce=None, access_token=None))


def test_the_hash_is_the_one_of_the_specification() -> None:
    # OIDC Core, appendix A.3
    token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"

    assert left_half_hash(token, alg="RS256") == "77QmUPtjPfzWtF2AnpK9RQ"


def test_ed25519_hashes_with_sha_512() -> None:
    """RFC 8032 5.1: the algorithm's own hash, of which half is told."""
    assert len(left_half_hash("t", alg="EdDSA")) == 43
    assert len(left_half_hash("t", alg="PS256")) == 22
