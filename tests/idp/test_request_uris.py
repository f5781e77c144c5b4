"""Requests that clients keep on sites of their own (OIDC Core 6.2)."""

from typing import Any

import pytest
from joserfc.jwk import RSAKey
from werkzeug.test import TestResponse

from idp.request_uris import MOST, RequestUris, hash_of
from kernel.outgoing import Answer, CallFailed
from tests import make, proofs
from tests.flows.browser import Browser, answer, authorization
from tests.flows.provider import ISSUER, City

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
KEY = RSAKey.generate_key(2048, private=True)
ADDRESS = "https://bank.invalid/request"


class Site:
    """What stands at an address, and how often it was fetched."""

    def __init__(self) -> None:
        self.body = b""
        self.away = False
        self.looks = 0

    def __call__(self, url: str, **_options: object) -> Answer:
        self.looks += 1
        if self.away or url != ADDRESS:
            raise CallFailed("call.no_answer")
        return Answer(200, self.body)


@pytest.fixture
def site(city: City) -> Site:
    site = Site()
    city.app.extensions["taipei_id"].provider.request_uris = RequestUris(site)
    city.register(
        "bank",
        auth_method="private_key_jwt",
        jwks=proofs.public_set(KEY),
        sector="bank.invalid",
        request_uris=[ADDRESS],
        request_object_alg="RS256",
    )
    return site


def signed(alg: str = "RS256", **changes: Any) -> bytes:  # JSON
    usual = {**authorization("bank"), "iss": "bank", "aud": ISSUER}
    return proofs.signed(KEY, {**usual, **changes}, alg=alg, kid=KEY.thumbprint()).encode()


def bring(city: City, uri: str = ADDRESS, **more: str) -> TestResponse:
    sent = {**authorization("bank"), "request_uri": uri, "state": "outside", **more}
    browser = Browser(city)
    return browser.follow(browser.get("/authorize", sent))


def test_what_stands_there_is_asked_and_nothing_beside_it(city: City, site: Site) -> None:
    site.body = signed(state="inside")
    browser = Browser(city)
    sent = {**authorization("bank"), "request_uri": ADDRESS, "state": "outside"}

    page = browser.follow(browser.get("/authorize", sent))
    told = answer(browser.consent(browser.log_in(page)))

    assert told["state"] == "inside"
    assert told["code"]
    assert site.looks == 1


def test_a_request_with_its_hash_is_fetched_once(city: City, site: Site) -> None:
    site.body = signed(state="inside")
    uri = f"{ADDRESS}#{hash_of(site.body)}"

    assert "error" not in bring(city, uri).request.url
    site.body = signed(state="changed")
    again = bring(city, uri)

    assert "error" not in again.request.url
    assert site.looks == 1


def test_a_request_that_is_not_what_its_hash_says_is_refused(city: City, site: Site) -> None:
    site.body = signed()

    refused = answer(bring(city, f"{ADDRESS}#{hash_of(b'other')}"))

    assert refused["error"] == "invalid_request_uri"
    assert refused["state"] == "outside"


@pytest.mark.parametrize(
    "uri", ["https://bank.invalid/other", "https://elsewhere.invalid/", "http://127.0.0.1/", "x"]
)
def test_an_address_that_is_not_registered_is_never_called(
    city: City, site: Site, uri: str
) -> None:
    assert answer(bring(city, uri))["error"] == "invalid_request_uri"
    assert site.looks == 0


def test_who_registered_none_is_told_so(city: City, site: Site) -> None:
    refused = answer(bring(city, client_id="library"))

    assert refused["error"] == "request_uri_not_supported"
    assert site.looks == 0


def test_a_client_whose_requests_are_pushed_keeps_none_anywhere(city: City, site: Site) -> None:
    city.register(
        "strict",
        profile="fapi2",
        auth_method="private_key_jwt",
        jwks=proofs.public_set(proofs.new_key()),
    )

    assert answer(bring(city, client_id="strict"))["error"] == "request_uri_not_supported"


def test_a_site_that_failed_is_left_in_peace_for_a_moment(city: City, site: Site) -> None:
    site.away = True
    site.body = signed()

    refused = [answer(bring(city))["error"] for _ in range(3)]
    looks = site.looks
    site.away = False
    city.wait(seconds=10)

    assert refused == ["invalid_request_uri"] * 3
    assert looks == 1
    assert "error" not in bring(city).request.url


@pytest.mark.parametrize(
    "body",
    [b"", b"x", b"\xff", signed(aud="https://other.invalid"), signed(alg="PS256"), b"e30.e30."],
    ids=["empty", "text", "bytes", "aud", "alg", "unsigned"],
)
def test_what_is_no_request_of_the_client_is_refused(city: City, site: Site, body: bytes) -> None:
    site.body = body

    assert answer(bring(city))["error"] in {"invalid_request_object", "invalid_request_uri"}


def test_a_process_remembers_only_so_much(city: City, site: Site) -> None:
    provider = city.app.extensions["taipei_id"].provider
    with city.database() as session:
        client = provider.find_client(session, "bank", now=make.NOON)
        assert client is not None
    texts = [f"text {number}".encode() for number in range(MOST + 1)]

    for site.body in (*texts, texts[0]):
        provider.request_uris.read(client, f"{ADDRESS}#{hash_of(site.body)}", now=make.NOON)

    assert site.looks == MOST + 2  # the first was forgotten
