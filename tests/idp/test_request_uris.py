"""Requests that clients keep on sites of their own (OIDC Core 6.2)."""

import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from joserfc.jwk import RSAKey
from werkzeug.test import TestResponse

from clients.fetching import Call
from idp.request_uris import MOST, RequestUris, hash_of
from kernel import outgoing
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


def error_of(response: TestResponse) -> str | None:
    """Return the error the client is sent; none if the person is asked something."""
    return answer(response).get("error") if response.status_code == 303 else None


def a_worker(city: City, site: Call, **more: float) -> None:
    """Let a fresh worker answer from now on: what the last one remembered is not known to it."""
    city.app.extensions["taipei_id"].provider.request_uris = RequestUris(
        city.sessions, site, **more
    )


@pytest.fixture
def site(city: City) -> Site:
    site = Site()
    a_worker(city, site)
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


@pytest.fixture
def slow_site() -> Iterator[tuple[Call, list[str]]]:
    """Serve one who takes their time, and tell which addresses were asked for there."""
    asked: list[str] = []

    class Slow(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            time.sleep(0.05)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(signed(state="inside"))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name there
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()

        def call(url: str, **_options: object) -> Answer:
            here = url.replace("https://bank.invalid", f"http://127.0.0.1:{server.server_port}")
            return outgoing.call(here, private_hosts={"127.0.0.1"})

        yield call, asked
        server.shutdown()
        thread.join()


def test_a_slow_site_holds_two_workers_and_no_more(
    city: City, site: Site, slow_site: tuple[Call, list[str]]
) -> None:
    call, asked = slow_site
    told = []

    for _ in range(5):
        a_worker(city, call, quick_seconds=0.01)
        told.append(bring(city))
    before = len(asked)
    city.wait(seconds=10)
    a_worker(city, call, quick_seconds=0.01)

    assert [error_of(each) for each in told] == [None, None, *3 * ["temporarily_unavailable"]]
    assert before == 2
    assert error_of(bring(city)) is None


def test_a_quick_site_is_asked_as_often_as_people_come(city: City, site: Site) -> None:
    site.body = signed(state="inside")

    told = [bring(city) for _ in range(5)]

    assert [error_of(each) for each in told] == 5 * [None]
    assert site.looks == 5


def test_while_two_wait_for_a_site_the_third_is_told_to_come_again(city: City, site: Site) -> None:
    site.body = signed(state="inside")
    told = []

    def asked_meanwhile(url: str, **options: object) -> Answer:
        if site.looks < 2:
            told.append(bring(city))
        return site(url, **options)

    a_worker(city, asked_meanwhile)
    told.append(bring(city))

    assert [error_of(each) for each in told] == ["temporarily_unavailable", None, None]
    assert site.looks == 2


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
