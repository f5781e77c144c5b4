"""What a client is told, signed and encrypted as it registered (OIDC Core 5.3.2, 10; RFC 7516)."""

import json
from typing import Any

import pytest
from joserfc import jwe, jwt
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from sqlalchemy import Engine, delete

from clients import encryption, registry
from clients.encryption import find_key
from clients.keys import ClientKeys
from clients.models import FetchedKeys
from idp.discovery import metadata
from idp.signing import ALGORITHMS
from kernel.errors import Refused
from kernel.outgoing import Answer
from tests import make
from tests.flows.browser import Browser, answer, authorization
from tests.flows.provider import ISSUER, City, statements
from tests.idp.test_registration import register

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
Private = ECKey | OKPKey | RSAKey
RSA = RSAKey.generate_key(2048, {"use": "enc", "kid": "rsa"})
EC = ECKey.generate_key("P-256", {"use": "enc", "kid": "ec"})
X25519 = OKPKey.generate_key("X25519", {"kid": "x"})
SIGNS = ECKey.generate_key("P-256", {"use": "sig", "kid": "signs"})
ED25519 = OKPKey.generate_key("Ed25519", {"kid": "ed"})
WAYS: dict[str, tuple[str, Private]] = {
    "RSA-OAEP-256": ("RSA-OAEP-256", RSA),
    "ECDH-ES": ("ECDH-ES", EC),
    "ECDH-ES+A256KW": ("ECDH-ES+A256KW", EC),
    "ECDH-ES on X25519": ("ECDH-ES", X25519),
}


def public(*keys: Private) -> dict[str, Any]:
    return {"keys": [key.as_dict(private=False) for key in keys]}


def museum(city: City, *keys: Private, **changes: Any) -> Browser:  # forms are JSON
    city.register("museum", jwks=public(SIGNS, *keys), sector="museum.invalid", **changes)
    return Browser(city)


def opened(token: str, key: Private, alg: str) -> tuple[dict[str, Any], str]:
    """Return the header and the content of what only the client can read."""
    found = jwe.decrypt_compact(token, key, algorithms=[alg, "A256GCM"])
    assert found.plaintext is not None
    return dict(found.headers()), found.plaintext.decode()


def signed(city: City, token: str) -> dict[str, Any]:
    """Return claims that we signed as such, and as nothing else."""
    published: Any = city.call("/jwks.json").get_json()  # JSON
    found = jwt.decode(token, KeySet.import_key_set(published), algorithms=ALGORITHMS)
    assert found.header["typ"] == "userinfo+jwt"
    return dict(found.claims)


def claims(city: City, browser: Browser) -> Any:  # a response
    return city.userinfo(browser.tokens("museum")["access_token"])


@pytest.mark.parametrize("way", WAYS)
def test_an_id_token_is_signed_and_then_encrypted(city: City, way: str) -> None:
    alg, key = WAYS[way]
    browser = museum(city, key, id_token_encryption={"alg": alg})

    token = browser.tokens("museum")["id_token"]

    header, inner = opened(token, key, alg)
    assert (header["cty"], header["enc"], header["kid"]) == ("JWT", "A256GCM", key.kid)
    assert city.opened(inner)["aud"] == "museum"


@one_database
@pytest.mark.parametrize("alg", ALGORITHMS)
def test_claims_are_signed_as_registered(city: City, alg: str) -> None:
    city.register("museum", userinfo_alg=alg, sector="museum.invalid")

    response = claims(city, Browser(city))

    assert response.mimetype == "application/jwt"
    assert response.headers["Cache-Control"] == "no-store"
    told = signed(city, response.text)
    assert (told["iss"], told["aud"], told["name"]) == (ISSUER, "museum", "陳美玉")


@one_database
@pytest.mark.parametrize("way", WAYS)
def test_claims_are_encrypted_as_registered(city: City, way: str) -> None:
    alg, key = WAYS[way]
    browser = museum(city, key, userinfo_encryption={"alg": alg})

    response = claims(city, browser)

    header, inner = opened(response.text, key, alg)
    assert response.mimetype == "application/jwt"
    assert "cty" not in header
    assert json.loads(inner)["name"] == "陳美玉"


@one_database
def test_claims_are_signed_before_they_are_encrypted(city: City) -> None:
    how = {"alg": "ECDH-ES"}
    browser = museum(city, EC, userinfo_alg="PS256", userinfo_encryption=how)

    header, inner = opened(claims(city, browser).text, EC, "ECDH-ES")

    assert header["cty"] == "JWT"
    assert signed(city, inner)["aud"] == "museum"


@one_database
def test_a_request_for_userinfo_still_answers_errors_plainly(city: City) -> None:
    museum(city, EC, userinfo_encryption={"alg": "ECDH-ES"})

    assert city.userinfo("unknown").get_json()["error"] == "invalid_token"


@one_database
def test_a_key_without_a_name_is_called_by_its_thumbprint(city: City) -> None:
    key = ECKey.generate_key("P-256")
    browser = museum(city, key, id_token_encryption={"alg": "ECDH-ES"})

    header, _ = opened(browser.tokens("museum")["id_token"], key, "ECDH-ES")

    assert header["kid"] == key.thumbprint()


@one_database
def test_keys_that_went_away_are_a_clear_refusal(city: City) -> None:
    browser = museum(city, EC, id_token_encryption={"alg": "ECDH-ES"})
    code = browser.code("museum")
    with city.database() as session:
        registry.get(session, "museum").jwks = public(SIGNS)
    city.wait(seconds=2)

    told = city.exchange(code, "museum").get_json()

    assert told["error"] == "invalid_request"
    assert "no key to encrypt by ECDH-ES" in told["error_description"]


# Registration


@pytest.mark.parametrize(
    "changes",
    [
        {"id_token_encryption": {"alg": "ECDH-ES"}},
        {"id_token_encryption": {"alg": "ECDH-ES"}, "jwks": public(SIGNS)},
        {"id_token_encryption": {"alg": "ECDH-ES"}, "jwks": public(ED25519)},
        {"id_token_encryption": {"alg": "ECDH-ES"}, "jwks": public(RSA)},
        {"userinfo_encryption": {"alg": "RSA-OAEP-256"}, "jwks": public(EC)},
        {"userinfo_encryption": {"alg": "RSA1_5"}, "jwks": public(RSA)},
        {"userinfo_encryption": {"alg": "RSA-OAEP"}, "jwks": public(RSA)},
        {"userinfo_encryption": {"alg": "dir"}, "jwks": public(EC)},
        {"userinfo_encryption": {"alg": "ECDH-ES", "enc": "A128CBC-HS256"}, "jwks": public(EC)},
        {"userinfo_encryption": {"enc": "A256GCM"}, "jwks": public(EC)},
        {"userinfo_encryption": {"alg": "ECDH-ES"}, "jwks": {"keys": [7]}},
        {"userinfo_alg": "none"},
        {"userinfo_alg": "HS256"},
    ],
)
def test_what_could_not_be_read_or_is_weak_is_not_registered(changes: dict[str, Any]) -> None:
    with pytest.raises(Refused, match=r"client\.form_invalid"):
        registry.parse(make.a_client_form(**changes))


def test_a_key_made_for_another_algorithm_is_left_alone() -> None:
    key = ECKey.generate_key("P-256", {"alg": "ECDH-ES+A256KW"})
    keys: Any = public(SIGNS, key)  # any JSON there is

    assert find_key(keys, "ECDH-ES") is None
    found = find_key(keys, "ECDH-ES+A256KW")
    assert found is not None
    assert found.thumbprint() == key.thumbprint()


def test_the_document_names_what_can_be_registered() -> None:
    told = metadata(ISSUER)

    for what in ("id_token", "userinfo"):
        assert told[f"{what}_encryption_alg_values_supported"] == list(encryption.ALGORITHMS)
        assert told[f"{what}_encryption_enc_values_supported"] == ["A256GCM"]
        assert told[f"{what}_signing_alg_values_supported"] == list(ALGORITHMS)


# Keys that the client publishes itself


class Site:
    """What a client publishes, and how often somebody came to look."""

    def __init__(self, *keys: Private) -> None:
        self.keys = keys
        self.looks = 0

    def __call__(self, _url: str, **_options: object) -> Answer:
        self.looks += 1
        return Answer(200, json.dumps(public(*self.keys)).encode())


def published(city: City, *keys: Private, **changes: Any) -> Site:  # forms are JSON
    site = Site(*keys)
    city.app.extensions["taipei_id"].provider.client_keys = ClientKeys(city.sessions, site)
    address = "https://museum.invalid/jwks.json"
    city.register("museum", jwks_uri=address, sector="museum.invalid", **changes)
    return site


def test_a_published_key_is_fetched_before_it_is_encrypted_for(city: City) -> None:
    how = {"alg": "ECDH-ES"}
    site = published(city, SIGNS, EC, id_token_encryption=how, userinfo_encryption=how)

    tokens = Browser(city).tokens("museum")

    _, inner = opened(tokens["id_token"], EC, "ECDH-ES")
    assert city.opened(inner)["aud"] == "museum"
    _, told = opened(city.userinfo(tokens["access_token"]).text, EC, "ECDH-ES")
    assert json.loads(told)["name"] == "陳美玉"
    assert site.looks == 1


def test_published_keys_are_looked_up_once_for_a_token(city: City, database: Engine) -> None:
    published(city, SIGNS, EC, id_token_encryption={"alg": "ECDH-ES"})
    code = Browser(city).code("museum")

    with statements(database) as seen:
        told = city.exchange(code, "museum").get_json()

    assert opened(told["id_token"], EC, "ECDH-ES")
    assert len([each for each in seen if f"FROM {FetchedKeys.__tablename__}" in each]) == 1


@one_database
def test_a_key_that_is_not_there_is_looked_for_and_the_code_is_still_good(city: City) -> None:
    site = published(city, SIGNS, id_token_encryption={"alg": "ECDH-ES"})
    code = Browser(city).code("museum")

    first = city.exchange(code, "museum")
    site.keys = (EC,)
    city.wait(seconds=21)
    second = city.exchange(code, "museum")

    assert "no key to encrypt by ECDH-ES" in first.get_json()["error_description"]
    assert opened(second.get_json()["id_token"], EC, "ECDH-ES")


@one_database
def test_a_key_for_what_comes_through_the_browser_is_fetched_before_anything_is_written(
    city: City,
) -> None:
    city.configure(hybrid=True)
    how = {"grant_types": ["implicit"], "response_types": ["id_token"], "profile": "hybrid"}
    site = published(city, SIGNS, EC, id_token_encryption={"alg": "ECDH-ES"}, **how)
    browser, kind = Browser(city), "id_token"

    first = answer(browser.sign_in("museum", response_type=kind))
    with city.database() as session:
        session.execute(delete(FetchedKeys))
    asking = authorization("museum", prompt="none", response_type=kind)
    silent = answer(browser.get("/authorize", asking))

    for told in (first, silent):
        _, inner = opened(told["id_token"], EC, "ECDH-ES")
        assert city.opened(inner)["aud"] == "museum"
    assert site.looks == 2


@one_database
def test_nobody_waits_for_the_clients_site_to_see_the_login_page(city: City) -> None:
    city.configure(hybrid=True)
    how = {"grant_types": ["implicit"], "response_types": ["id_token"], "profile": "hybrid"}
    site = published(city, SIGNS, EC, id_token_encryption={"alg": "ECDH-ES"}, **how)
    browser = Browser(city)

    page = browser.authorize("museum", response_type="id_token")
    before = site.looks
    browser.log_in(page)

    assert 'name="login_id"' in page.text
    assert (before, site.looks) == (0, 1)


@one_database
def test_a_client_registers_itself_with_encryption(city: City) -> None:
    told = register(
        city,
        jwks=public(EC),
        id_token_encrypted_response_alg="ECDH-ES",
        userinfo_encrypted_response_alg="ECDH-ES+A256KW",
        userinfo_encrypted_response_enc="A256GCM",
    )

    for what in ("id_token", "userinfo"):
        assert told[f"{what}_encrypted_response_enc"] == "A256GCM"
    assert told["id_token_encrypted_response_alg"] == "ECDH-ES"
    assert told["userinfo_encrypted_response_alg"] == "ECDH-ES+A256KW"
