"""Client authentication, at the endpoints where clients meet it."""

import base64
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeAlias
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from werkzeug.test import TestResponse

from clients import registry
from clients.authentication import ASSERTION_TYPE, Credentials, read_credentials
from clients.models import AuthMethod, Profile
from clients.profiles import rules_of
from kernel.errors import Refused
from kernel.ids import new_id
from tests import make
from tests.flows.provider import ISSUER, City, basic

pytestmark = pytest.mark.pyop_row(8)
one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
KEY = ECKey.generate_key("P-256", {"kid": "robot-1"})
OTHER_KEY = ECKey.generate_key("P-256", {"kid": "robot-1"})
FORM = {"token": "x"}
Claims: TypeAlias = dict[str, Any]  # JSON of several shapes
ODD_SECRET = "a:b%2Bc +&=%:z-and-long-enough-to-be-one"


def revoke(city: City, form: Claims | None = None, **more: Any) -> TestResponse:
    """Call the endpoint that asks nothing of a client but who it is."""
    return city.call("/revoke", {**FORM, **(form or {})}, **more)


def is_refused(response: TestResponse) -> bool:
    """Say whether it was refused exactly like every other failed authentication."""
    return (
        response.status_code == 401
        and response.get_json()
        == {"error": "invalid_client", "error_description": "client authentication failed"}
        and response.headers["WWW-Authenticate"] == f'Basic realm="{ISSUER}"'
        and response.headers["Cache-Control"] == "no-store"
    )


def header(text: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


# Secrets


def test_a_secret_in_the_header_proves_the_client(city: City) -> None:
    assert revoke(city, headers=basic("library")).status_code == 200
    assert is_refused(revoke(city, headers=basic("library", "wrong")))


@one_database
def test_a_secret_may_hold_colons_and_percent_signs(city: City) -> None:
    with city.database() as session:
        form = registry.parse(make.a_client_form("museum"))
        registry.add(session, form, now=city.now, secret=ODD_SECRET)

    encoded = header(f"museum:{quote_plus(ODD_SECRET)}")

    assert revoke(city, headers=encoded).status_code == 200
    assert is_refused(revoke(city, headers=header(f"museum:{ODD_SECRET}")))


@one_database
def test_the_client_may_say_its_name_again_but_not_another(city: City) -> None:
    assert revoke(city, {"client_id": "library"}, headers=basic("library")).status_code == 200
    assert is_refused(revoke(city, {"client_id": "archive"}, headers=basic("library")))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic " + "=" * 50,
        "Basic " + base64.b64encode(b"library").decode(),
        "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        "Basic " + base64.b64encode(b"library\0:x").decode(),
        "Basic " + base64.b64encode(b"%00:x").decode(),
        "Basic " + base64.b64encode(b"%ff:x").decode(),
        "Basic " + base64.b64encode(b":").decode(),
        "Basic " + base64.b64encode(b"x" * 9_000 + b":").decode(),
        "Bearer abc",
        "Digest username=library",
        "\u00e9",
    ],
)
def test_a_garbled_header_is_a_failed_authentication(city: City, value: str) -> None:
    assert is_refused(revoke(city, headers={"Authorization": value}))


def test_a_secret_in_the_form_is_another_method(city: City) -> None:
    city.register("museum", auth_method="client_secret_post")
    credentials = {"client_id": "museum", "client_secret": make.SECRET}

    assert revoke(city, credentials).status_code == 200
    assert is_refused(revoke(city, {**credentials, "client_secret": "wrong"}))
    assert is_refused(revoke(city, headers=basic("museum")))
    assert is_refused(revoke(city, {**credentials, "client_id": "library"}))
    assert is_refused(revoke(city, {"client_secret": make.SECRET}))


@one_database
def test_a_rotated_secret_overlaps_with_its_successor_for_a_day(city: City) -> None:
    with city.database() as session:
        new = registry.rotate_secret(session, "library", now=city.now)
    city.wait(hours=24, seconds=-1)
    assert revoke(city, headers=basic("library")).status_code == 200

    city.wait(seconds=1)

    assert is_refused(revoke(city, headers=basic("library")))
    assert revoke(city, headers=basic("library", new)).status_code == 200


@pytest.mark.parametrize(
    "form",
    [
        {"client_id": "library", "client_secret": make.SECRET},
        {"client_secret": "x"},
        {"client_assertion": "a.b.c", "client_assertion_type": ASSERTION_TYPE},
    ],
)
@one_database
def test_two_proofs_at_once_are_none(city: City, form: dict[str, str]) -> None:
    response = revoke(city, form, headers=basic("library"))

    refused = response.status_code == 400 and response.get_json()["error"] == "invalid_request"
    assert refused or is_refused(response)


@pytest.mark.parametrize("name", ["nobody", "LIBRARY", "x" * 400, "\u5e02", "\0", "\udcff"])
def test_a_stranger_is_answered_like_a_client_with_a_wrong_secret(city: City, name: str) -> None:
    encoded = name.encode("utf-8", "surrogateescape")
    credentials = base64.b64encode(encoded + b":wrong").decode()

    assert is_refused(revoke(city, headers={"Authorization": f"Basic {credentials}"}))


@one_database
def test_who_says_nothing_at_all_is_refused(city: City) -> None:
    assert is_refused(revoke(city))


# Public clients


@one_database
def test_a_public_client_only_says_its_name(city: City) -> None:
    city.register("app", auth_method="none", redirect_uris=["tw.taipei.app:/callback"])

    assert revoke(city, {"client_id": "app"}).status_code == 200
    assert is_refused(revoke(city, {"client_id": "library"}))
    assert is_refused(revoke(city, {"client_id": "app", "client_secret": "x"}))
    assert is_refused(revoke(city, headers=basic("app", "")))


# Assertions


@pytest.fixture
def robot(city: City) -> City:
    keys = [KEY.as_dict(private=False)]
    city.register("robot", auth_method="private_key_jwt", jwks={"keys": keys})
    return city


def claims_of(city: City, **changes: object) -> Claims:
    now = int(city.now.timestamp())
    claims = {
        "iss": "robot",
        "sub": "robot",
        "aud": ISSUER,
        "exp": now + 60,
        "iat": now,
        "jti": str(new_id()),
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


def assertion(city: City, key: ECKey = KEY, **changes: object) -> str:
    return jwt.encode({"alg": "ES256", "kid": "robot-1"}, claims_of(city, **changes), key)


def prove(city: City, proof: str, **more: str) -> TestResponse:
    return revoke(
        city, {"client_assertion_type": ASSERTION_TYPE, "client_assertion": proof, **more}
    )


def segment(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"aud": f"{ISSUER}/token"},
        {"aud": f"{ISSUER}/revoke"},
        {"aud": ["https://elsewhere.invalid", ISSUER]},
        {"iat": None},
        {"nbf": int((make.NOON + timedelta(seconds=8)).timestamp())},
        {"exp": int((make.NOON - timedelta(seconds=29)).timestamp())},
        {"exp": make.NOON.timestamp() + 0.5},
    ],
)
@one_database
def test_an_assertion_of_its_own_proves_the_client(robot: City, changes: Claims) -> None:
    assert prove(robot, assertion(robot, **changes)).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": None},
        {"aud": "https://elsewhere.invalid"},
        {"aud": ISSUER + "/"},
        {"aud": f"{ISSUER}/introspect"},
        {"aud": []},
        {"aud": {"x": ISSUER}},
        {"aud": [["x"], 7]},
        {"iss": "library"},
        {"iss": None},
        {"iss": 7},
        {"iss": "robot\0"},
        {"sub": "library"},
        {"sub": None},
        {"exp": None},
        {"exp": int((make.NOON - timedelta(seconds=30)).timestamp())},
        {"exp": int((make.NOON + timedelta(minutes=70)).timestamp())},
        {"exp": "tomorrow"},
        {"exp": True},
        {"exp": 1e300},
        {"exp": [1]},
        {"iat": int((make.NOON + timedelta(seconds=61)).timestamp())},
        {"nbf": int((make.NOON + timedelta(seconds=61)).timestamp())},
        {"nbf": "x"},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
    ],
)
@one_database
def test_an_assertion_with_a_claim_amiss_proves_nothing(robot: City, changes: Claims) -> None:
    assert is_refused(prove(robot, assertion(robot, **changes)))


def test_an_assertion_serves_once(robot: City) -> None:
    proof = assertion(robot)

    assert prove(robot, proof).status_code == 200
    assert is_refused(prove(robot, proof))


@one_database
def test_a_refused_assertion_is_not_spent(robot: City) -> None:
    proof = assertion(robot)

    assert is_refused(prove(robot, proof, client_id="library"))
    assert prove(robot, proof, client_id="robot").status_code == 200


@one_database
def test_two_clients_may_use_the_same_jti(robot: City) -> None:
    keys = [OTHER_KEY.as_dict(private=False)]
    robot.register("drone", auth_method="private_key_jwt", jwks={"keys": keys})

    mine = assertion(robot, jti="1")
    its = assertion(robot, OTHER_KEY, jti="1", iss="drone", sub="drone")

    assert [prove(robot, each).status_code for each in (mine, its)] == [200, 200]


@one_database
def test_another_key_than_the_registered_one_proves_nothing(robot: City) -> None:
    assert is_refused(prove(robot, assertion(robot, OTHER_KEY)))


@one_database
def test_an_unsigned_assertion_proves_nothing(robot: City) -> None:
    claims = claims_of(robot)
    none = f"{segment({'alg': 'none'})}.{segment(claims)}."

    assert is_refused(prove(robot, none))
    assert is_refused(prove(robot, none + segment("x")))


@pytest.mark.parametrize("encode", [KEY.as_pem, KEY.as_der])
@one_database
def test_the_public_key_is_not_a_shared_secret(robot: City, encode: Callable[..., bytes]) -> None:
    signed = f"{segment({'alg': 'HS256', 'kid': 'robot-1'})}.{segment(claims_of(robot))}"

    mac = hmac.digest(encode(private=False), signed.encode(), "sha256")

    forged = f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
    assert is_refused(prove(robot, forged))


@one_database
def test_a_secret_does_not_stand_in_for_a_key_nor_a_key_for_a_secret(robot: City) -> None:
    assert is_refused(revoke(robot, headers=basic("robot")))
    assert is_refused(revoke(robot, {"client_id": "robot"}))
    assert is_refused(prove(robot, assertion(robot, iss="library", sub="library")))


@pytest.mark.parametrize(
    "form",
    [
        {"client_assertion": "a.b.c"},
        {"client_assertion_type": ASSERTION_TYPE},
        {"client_assertion": "", "client_assertion_type": ASSERTION_TYPE},
        {"client_assertion": "a.b.c", "client_assertion_type": "urn:saml"},
        {"client_assertion": "\u5e02", "client_assertion_type": ASSERTION_TYPE},
        {"client_assertion": "....", "client_assertion_type": ASSERTION_TYPE},
    ],
)
@one_database
def test_half_an_assertion_is_none(robot: City, form: dict[str, str]) -> None:
    assert is_refused(revoke(robot, form))


@pytest.mark.parametrize(
    "head",
    [
        [],
        7,
        None,
        "{",
        "[" * 9_000,
        {},
        {"alg": None},
        {"alg": ["ES256"]},
        {"alg": "ES256", "kid": 7},
        {"alg": "ES256", "crit": ["b64"], "b64": False},
        {"alg": "ES256", "jwk": KEY.as_dict(private=False)},
        {"alg": "ES256", "kid": {"a": 1}},
    ],
)
@one_database
def test_a_forged_head_is_no_mistake_of_ours(robot: City, head: object) -> None:
    payloads: tuple[object, ...] = (
        claims_of(robot),
        [],
        "{",
        "[" * 9_000,
        {"iss": "\ud800"},
        {"iss": "\0"},
    )
    for payload in payloads:
        proof = f"{segment(head)}.{segment(payload)}.{segment('signature')}"
        assert is_refused(prove(robot, proof))


@one_database
def test_a_key_of_another_kind_registered_besides_does_no_harm(city: City) -> None:
    rsa = RSAKey.generate_key(2048, {"kid": "robot-2"}).as_dict(private=False)
    keys = [rsa, KEY.as_dict(private=False)]
    city.register("robot", auth_method="private_key_jwt", jwks={"keys": keys})

    assert prove(city, assertion(city)).status_code == 200


@one_database
def test_broken_keys_on_file_prove_nothing(city: City) -> None:
    broken = {"keys": [{"kty": "EC", "crv": "P-256", "x": "!", "y": 7}, {}]}
    city.register("robot", auth_method="private_key_jwt", jwks=broken)

    assert is_refused(prove(city, assertion(city)))


# Reading alone


words = st.text(max_size=30)
forms = st.dictionaries(
    st.sampled_from(["client_id", "client_secret", "client_assertion", "client_assertion_type"]),
    words | st.just(ASSERTION_TYPE),
)


@given(st.none() | words | words.map(lambda text: f"Basic {text}"), forms)
def test_reading_credentials_succeeds_or_refuses(
    authorization: str | None, form: dict[str, str]
) -> None:
    outcome = form.get("client_id")
    try:
        outcome = read_credentials(authorization, form).client_id
    except Refused as refused:
        outcome = refused.code

    refusals = {"client.authentication_failed", "client.authentication_ambiguous"}
    assert outcome in refusals or outcome == form.get("client_id", outcome)


@given(st.text("abc:%+ \u5e02", max_size=20))
def test_what_a_client_encodes_as_told_is_read_as_meant(secret: str) -> None:
    text = f"{quote_plus('library')}:{quote_plus(secret)}"

    found = read_credentials(header(text)["Authorization"], {})

    assert found == Credentials(AuthMethod.BASIC, "library", secret)


def test_credentials_show_no_secret() -> None:
    shown = repr(Credentials(AuthMethod.BASIC, "library", "the-secret"))

    assert "library" in shown
    assert "the-secret" not in shown


def test_the_house_accepts_only_strong_asymmetric_signatures() -> None:
    assert set(rules_of(Profile.BASIC).algorithms) == {"ES256", "PS256", "EdDSA", "RS256"}
