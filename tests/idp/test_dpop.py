"""Tokens held to a key: who has the token and not the key has nothing (RFC 9449)."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import OKPKey, RSAKey
from werkzeug.test import TestResponse

from idp import dpop
from idp.dpop import ProofInvalid
from tests import make, proofs
from tests.flows.browser import Browser, answer, authorization
from tests.flows.provider import ISSUER, VERIFIER, City, basic
from tests.idp.test_pushed import push
from tests.idp.test_races import at_once

KEY, OTHER = proofs.new_key(), proofs.new_key()
HERE = f"{ISSUER}/userinfo"
one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def proof(method: str = "GET", address: str = HERE, **changes: Any) -> str:  # JSON
    return proofs.proof(changes.pop("key", KEY), method, address, **{"now": make.NOON, **changes})


def read(sent: str, *, address: str = HERE, token: str | None = None) -> dpop.Proof:
    return dpop.read(sent, method="GET", address=address, now=make.NOON, access_token=token)


# The proof


def test_a_proof_tells_its_key_and_its_name() -> None:
    found = read(proof(jti="the-name"))

    assert found == dpop.Proof(KEY.thumbprint(), "the-name")


@pytest.mark.parametrize(
    ("key", "alg"),
    [
        (RSAKey.generate_key(2048, private=True), "PS256"),
        (OKPKey.generate_key("Ed25519", private=True), "EdDSA"),
    ],
)
def test_other_strong_keys_do_as_well(key: RSAKey | OKPKey, alg: str) -> None:
    assert read(proof(key=key, header={"alg": alg})).thumbprint == key.thumbprint()


@pytest.mark.parametrize(
    "address",
    [
        HERE + "?a=b",
        HERE + "#c",
        HERE.replace("https", "HTTPS"),
        HERE.replace("id.example", "ID.example"),
        HERE.replace(".invalid", ".invalid:443"),
    ],
)
def test_an_address_may_be_written_in_several_ways(address: str) -> None:
    assert read(proof(address=address)).thumbprint == KEY.thumbprint()


SECONDS = int(make.NOON.timestamp())


@pytest.mark.parametrize(
    "changes",
    [
        {"htm": "POST"},
        {"htm": "get"},
        {"htm": None},
        {"htu": HERE + "/"},
        {"htu": "http://id.example.invalid/userinfo"},
        {"htu": "https://[nonsense"},
        {"htu": 7},
        {"htu": None},
        {"iat": None},
        {"iat": SECONDS - 61},
        {"iat": SECONDS + 31},
        {"iat": 1e300},
        {"iat": "now"},
        {"iat": True},
        {"exp": SECONDS - 31},
        {"exp": "never"},
        {"nbf": SECONDS + 31},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"jti": "x" * 257},
        {"header": {"typ": "JWT"}},
        {"header": {"typ": None}},
        {"header": {"jwk": None}},
        {"header": {"jwk": KEY.as_dict(private=True)}},
        {"header": {"jwk": OTHER.as_dict(private=False)}},
        {"header": {"jwk": {"kty": "oct", "k": "AAAA"}}},
    ],
)
def test_a_proof_wrong_in_one_detail_proves_nothing(changes: dict[str, Any]) -> None:
    with pytest.raises(ProofInvalid):
        read(proof(**changes))


def test_a_proof_with_a_giant_header_is_not_even_looked_at() -> None:
    header, rest = proof().split(".", 1)

    with pytest.raises(ProofInvalid, match="header"):
        read(f"{header}{'A' * 20_000}.{rest}")


def test_weak_and_absent_signatures_prove_nothing() -> None:
    rsa = RSAKey.generate_key(2048, private=True)
    public = rsa.as_dict(private=False)

    for sent in (
        proofs.signed(rsa, {"htm": "GET"}, alg="RS256", typ="dpop+jwt", jwk=public),
        "eyJhbGciOiJub25lIiwidHlwIjoiZHBvcCtqd3QifQ.e30.",
        f"{proof()},{proof()}",
        proof()[:-6] + "AAAAAA",
    ):
        with pytest.raises(ProofInvalid):
            read(sent)


def test_strangers_who_bring_a_key_each_fill_no_worker() -> None:
    for _ in range(600):
        with pytest.raises(ProofInvalid):
            read(proof(key=proofs.new_key())[:-6] + "AAAAAA")

    assert dpop._brought.cache_info().currsize <= 512


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")))
def test_no_text_is_a_mistake_of_ours(sent: str) -> None:
    with pytest.raises(ProofInvalid):
        read(sent)


def test_with_a_token_the_proof_is_for_that_token() -> None:
    assert read(proof(token="the-token"), token="the-token").name
    for sent in (proof(), proof(token="another"), proof(ath=7)):
        with pytest.raises(ProofInvalid):
            read(sent, token="the-token")


# The tokens


def redeem(city: City, code: str, sent: str | None = None, **more: str) -> TestResponse:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": "https://library.invalid/callback",
        "code_verifier": VERIFIER,
    }
    shown = {} if sent is None else {"DPoP": sent}
    return city.call("/token", {**form, **more}, headers={**basic("library"), **shown})


def at_token(city: City, **changes: Any) -> str:  # JSON
    return proof("POST", f"{ISSUER}/token", **{"now": city.now, **changes})


def held(city: City) -> dict[str, Any]:
    """Return tokens held to KEY."""
    tokens: dict[str, Any] = redeem(city, Browser(city).code(), at_token(city)).get_json()
    return tokens


def ask(city: City, token: str, sent: str | None, scheme: str = "DPoP") -> TestResponse:
    shown = {} if sent is None else {"DPoP": sent}
    return city.call("/userinfo", headers={"Authorization": f"{scheme} {token}", **shown})


def test_a_proof_at_the_token_endpoint_holds_the_tokens_to_its_key(city: City) -> None:
    tokens = held(city)
    token = tokens["access_token"]

    assert tokens["token_type"] == "DPoP"
    assert ask(city, token, proof(token=token)).status_code == 200
    told = city.introspect(token).get_json()
    assert (told["token_type"], told["cnf"]) == ("DPoP", {"jkt": KEY.thumbprint()})


@one_database
def test_the_token_alone_is_worth_nothing(city: City) -> None:
    token = held(city)["access_token"]

    def told(sent: str | None, scheme: str = "DPoP") -> tuple[str, str]:
        response = ask(city, token, sent, scheme)
        assert response.status_code == 401
        return response.headers["WWW-Authenticate"].split()[0], response.get_json()["error"]

    assert told(None) == ("DPoP", "invalid_dpop_proof")
    assert told(None, "Bearer") == ("Bearer", "invalid_token")
    assert told(proof(token=token), "Bearer") == ("DPoP", "invalid_token")
    assert told(proof(token=token, key=OTHER)) == ("DPoP", "invalid_token")
    assert told(proof()) == ("DPoP", "invalid_dpop_proof")
    assert city.call("/userinfo", {"access_token": token}).status_code == 401


@one_database
def test_a_bearer_token_does_not_become_one_of_a_key(city: City) -> None:
    token = Browser(city).tokens()["access_token"]

    assert ask(city, token, proof(token=token)).get_json()["error"] == "invalid_token"


def test_a_proof_is_good_once(city: City) -> None:
    token = held(city)["access_token"]
    sent = proof(token=token)

    assert ask(city, token, sent).status_code == 200
    assert ask(city, token, sent).get_json()["error"] == "invalid_dpop_proof"


def test_of_one_proof_shown_several_times_at_once_one_counts(city: City) -> None:
    token = held(city)["access_token"]
    sent = proof(token=token)

    answers = at_once(lambda: ask(city, token, sent))

    assert sorted(each.status_code for each in answers) == [200, 401, 401, 401]


@one_database
def test_a_bad_proof_gets_no_tokens_and_takes_no_code(city: City) -> None:
    code = Browser(city).code()

    assert redeem(city, code, "garbage").get_json()["error"] == "invalid_dpop_proof"
    assert redeem(city, code, at_token(city)).status_code == 200


@one_database
def test_a_code_asked_for_with_a_key_needs_that_key(city: City) -> None:
    code = Browser(city).code(dpop_jkt=KEY.thumbprint())

    assert redeem(city, code).get_json()["error"] == "invalid_grant"
    assert redeem(city, code, at_token(city, key=OTHER)).get_json()["error"] == "invalid_grant"
    assert redeem(city, code, at_token(city)).status_code == 200


@one_database
def test_a_proof_at_the_pushed_request_binds_the_code(city: City) -> None:
    def par(sent: str, **changes: str) -> TestResponse:

        headers = {**basic("library"), "DPoP": sent}
        return city.call("/par", authorization(**changes), headers=headers)

    at_par = f"{ISSUER}/par"
    mismatch = par(proof("POST", at_par), dpop_jkt=OTHER.thumbprint())
    agreed = par(proof("POST", at_par), dpop_jkt=KEY.thumbprint())
    bound = par(proof("POST", at_par))

    assert mismatch.get_json()["error"] == "invalid_request"
    assert agreed.status_code == 201
    assert push(city).status_code == 201
    sent = {"client_id": "library", "request_uri": bound.get_json()["request_uri"]}
    browser = Browser(city)
    browser.sign_in()
    code = browser.get("/authorize", sent).location.split("code=")[1].split("&")[0]
    assert redeem(city, code, at_token(city, key=OTHER)).get_json()["error"] == "invalid_grant"
    assert redeem(city, code, at_token(city)).status_code == 200


# Refresh tokens


def renew(city: City, token: str, sent: str | None, client: str = "library") -> TestResponse:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    shown = {} if sent is None else {"DPoP": sent}
    proven = basic(client) if client == "library" else {}
    own = {} if proven else {"client_id": client}
    return city.call("/token", {**form, **own}, headers={**proven, **shown})


def test_a_client_with_a_secret_may_change_its_key(city: City) -> None:
    token = held(city)["refresh_token"]

    response = renew(city, token, at_token(city, key=OTHER))

    assert response.get_json()["token_type"] == "DPoP"
    fresh = response.get_json()["access_token"]
    assert ask(city, fresh, proof(token=fresh, key=OTHER)).status_code == 200


def test_a_public_clients_refresh_token_is_held_to_the_key_too(city: City) -> None:
    city.register("kiosk", auth_method="none", sector="kiosk.invalid")
    code = Browser(city).code("kiosk")
    form = {
        "grant_type": "authorization_code",
        "client_id": "kiosk",
        "code": code,
        "redirect_uri": "https://library.invalid/callback",
        "code_verifier": VERIFIER,
    }
    token = city.call("/token", form, headers={"DPoP": at_token(city)}).get_json()["refresh_token"]

    stolen = renew(city, token, at_token(city, key=OTHER), "kiosk")
    without = renew(city, token, None, "kiosk")
    own = renew(city, token, at_token(city), "kiosk")

    assert stolen.get_json()["error"] == without.get_json()["error"] == "invalid_grant"
    assert own.status_code == 200


# The profile `fapi2`


def fapi(city: City) -> None:
    city.register(
        "bank",
        profile="fapi2",
        auth_method="private_key_jwt",
        jwks=proofs.public_set(KEY),
        sector="bank.invalid",
    )


def call(city: City, path: str, sent: str | None, **form: str) -> TestResponse:
    shown = {} if sent is None else {"DPoP": sent}
    signed = proofs.assertion(KEY, "bank", ISSUER, now=city.now)
    proven = {"client_assertion_type": proofs.ASSERTION, "client_assertion": signed}
    return city.call(path, {**form, **proven}, headers=shown)


def fapi_code(city: City, browser: Browser) -> str:

    told = call(city, "/par", None, **authorization("bank")).get_json()
    sent = {"client_id": "bank", "request_uri": told["request_uri"]}
    page = browser.follow(browser.get("/authorize", sent))
    return answer(browser.consent(browser.log_in(page)))["code"]


def test_a_fapi_client_keeps_its_refresh_token_and_needs_a_key(city: City) -> None:
    fapi(city)
    form = {
        "grant_type": "authorization_code",
        "code": fapi_code(city, Browser(city)),
        "redirect_uri": "https://library.invalid/callback",
        "code_verifier": VERIFIER,
    }
    without = call(city, "/token", None, **form)
    tokens = call(city, "/token", at_token(city), **form).get_json()
    again = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}

    first = call(city, "/token", at_token(city), **again).get_json()
    city.wait(days=2)
    second = call(city, "/token", at_token(city), **again).get_json()
    city.wait(days=28)
    late = call(city, "/token", at_token(city), **again).get_json()

    assert without.get_json()["error"] == "invalid_dpop_proof"
    assert "refresh_token" not in first
    assert second["token_type"] == "DPoP"
    assert late["error"] == "invalid_grant"


@one_database
def test_a_fapi_client_comes_pushed_or_not_at_all(city: City) -> None:

    fapi(city)

    told = answer(Browser(city).get("/authorize", authorization("bank")))

    assert told["error"] == "invalid_request"


@one_database
def test_scripts_may_send_proofs(city: City) -> None:
    response = city.call("/token", method="OPTIONS")

    assert "DPoP" in response.headers["Access-Control-Allow-Headers"]
