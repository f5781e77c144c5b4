import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.agent import peers
from adapters.agent.gates import is_origin
from adapters.agent.server import Server, listen
from demo.cards.readers import SoftReaders
from tests.agent.people import NONCE, ORIGIN, Caller, Typist, a_card, agent


@pytest.fixture(scope="module")
def page() -> Iterator[Caller]:
    with agent(SoftReaders({"Soft 0": a_card()}), Typist()) as caller:
        yield caller


def elsewhere(page: Caller, origin: str | None) -> Caller:
    return Caller(page.port, origin, page.key)


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "",
        "https://evil.invalid",
        "http://id.invalid",
        "https://id.invalid:8443",
        "https://id.invalid.evil.example",
        "https://ID.invalid",
        "https://id.invalid/",
    ],
)
def test_a_page_of_another_origin_is_refused_and_may_not_even_read_that(
    page: Caller, origin: str | None
) -> None:
    reply = elsewhere(page, origin).authenticate()

    assert (reply.status, reply.json["error"]) == (403, "origin_not_allowed")
    assert "Access-Control-Allow-Origin" not in reply.headers


@pytest.mark.parametrize("host", ["id.invalid", "127.0.0.1", "127.0.0.1:1", "evil.invalid:8603"])
def test_a_name_that_was_pointed_here_is_refused(page: Caller, host: str) -> None:
    for method in ("POST", "GET", "OPTIONS"):
        reply = page.send(method, "/window" if method == "GET" else "/v1/pair", b"{}", Host=host)

        assert (reply.status, reply.json["error"]) == (421, "wrong_host")


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
def test_a_form_is_refused(page: Caller, kind: str | None) -> None:
    reply = page.send("POST", "/v1/pair", b"{}", Content_Type=kind)

    assert (reply.status, reply.json["error"]) == (415, "not_json")


@pytest.mark.parametrize(
    ("length", "status"),
    [("-1", 411), ("٣", 411), ("1e9", 411), ("16385", 413), ("9" * 5000, 413)],
)
def test_a_length_that_is_none_or_too_long_is_refused(
    page: Caller, length: str, status: int
) -> None:
    encoded = length.encode("utf-8").decode("latin-1")

    assert page.send("POST", "/v1/pair", b"{}", Content_Length=encoded).status == status


def test_what_is_not_to_be_fetched_is_not_there(page: Caller) -> None:
    for path in ("/", "/v1/pair", "/window/../cli.py", "/window.html"):
        assert page.send("GET", path).status == 404
    assert page.post("/v1/other").status == 404
    assert page.send("PUT", "/v1/pair", b"{}").status == 501


@pytest.mark.parametrize("body", [b"", b"[]", b"1", b"{", b"[" * 9000, b"\xff"])
def test_what_is_no_object_is_refused(page: Caller, body: bytes) -> None:
    reply = page.send("POST", "/v1/pair", body)

    assert (reply.status, reply.json["error"]) == (400, "bad_request")


@pytest.mark.parametrize(
    "fields", [{"nonce": 7}, {"nonce": "n" * 2000}, {"nonce": NONCE, "reader": []}]
)
def test_a_field_of_another_kind_is_refused(page: Caller, fields: dict[str, object]) -> None:
    reply = page.post("/v1/authenticate", **fields)

    assert (reply.status, reply.json["error"]) == (400, "bad_request")


def test_a_browser_is_told_that_the_listed_page_may_ask(page: Caller) -> None:
    reply = page.send("OPTIONS", "/v1/authenticate")

    assert reply.status == 204
    assert reply.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert reply.headers["Access-Control-Allow-Private-Network"] == "true"
    assert reply.headers["Vary"] == "Origin"


def test_no_page_loads_anything_of_ours_as_a_picture(page: Caller) -> None:
    for path in ("/window", "/window.css", "/nothing"):
        assert page.send("GET", path).headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_another_persons_program_is_not_answered(
    page: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert page.send("GET", "/window").status == 200
    monkeypatch.setattr(os, "getuid", lambda: os.geteuid() + 1)

    with pytest.raises(OSError, match=r"[Cc]losed|[Rr]eset"):
        page.send("GET", "/window")


def test_who_uses_the_newer_addresses_is_known_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = [f"{peers.MAPPED}{peers._written(('127.0.0.1', port))}" for port in (40000, 8603)]
    table = tmp_path / "tcp6"
    table.write_text(f"head\n 0: {ends[0]} {ends[1]} 01 0:0 0:0 0 {os.getuid() + 1} 0 7\n")
    monkeypatch.setattr(peers, "TABLES", (tmp_path / "none", table))

    assert not peers.is_ours(("127.0.0.1", 40000), ("127.0.0.1", 8603))
    assert peers.is_ours(("127.0.0.1", 40001), ("127.0.0.1", 8603))


def test_a_browser_is_told_nothing_about_another_page(page: Caller) -> None:
    reply = elsewhere(page, "https://evil.invalid").send("OPTIONS", "/v1/authenticate")

    assert reply.status == 403
    assert "Access-Control-Allow-Origin" not in reply.headers


def test_who_has_not_paired_since_the_start_is_refused(page: Caller) -> None:
    for key in ("", "a" * 43):
        reply = Caller(page.port, ORIGIN, key).authenticate()

        assert (reply.status, reply.json["error"]) == (401, "not_paired")


def test_another_listed_page_cannot_use_the_key_of_the_first() -> None:
    other = "https://other.invalid"
    origins = frozenset({ORIGIN, other})
    with agent(SoftReaders({}), Typist(), origins=origins) as page:
        reply = Caller(page.port, other, page.key).authenticate()

    assert reply.json["error"] == "not_paired"


@pytest.mark.parametrize(
    "nonce", ["", "short", "n" * 42, "n" * 129, "n" * 42 + "!", "n" * 43 + "\n"]
)
def test_a_nonce_that_could_be_guessed_is_not_signed(page: Caller, nonce: str) -> None:
    reply = page.authenticate(nonce)

    assert (reply.status, reply.json["error"]) == (422, "bad_nonce")


def test_a_nonce_is_signed_once(page: Caller) -> None:
    assert page.authenticate("o" * 43).status == 200
    assert page.authenticate("o" * 43).json["error"] == "bad_nonce"


def test_a_thousand_pages_later_the_first_key_is_forgotten(page: Caller) -> None:
    with agent(SoftReaders({}), Typist()) as caller:
        assert caller.post("/v1/status").status == 200
        for _ in range(1000):
            Caller(caller.port).pair()

        assert caller.post("/v1/status").json["error"] == "not_paired"


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("https://id.gov.taipei", True),
        ("https://id.invalid:8443", True),
        ("http://localhost:8600", True),
        ("http://127.0.0.1:8600", True),
        ("http://id.gov.taipei", False),
        ("https://id.gov.taipei/", False),
        ("https://*.taipei", False),
        ("https://", False),
        ("null", False),
        ("file:///etc", False),
    ],
)
def test_only_whole_https_origins_may_stand_on_the_list(text: str, is_one: bool) -> None:  # noqa: FBT001
    assert is_origin(text) is is_one


@given(
    body=st.binary(max_size=200), path=st.sampled_from(["/v1/authenticate", "/v1/relay", "/v1/pin"])
)
def test_no_body_breaks_the_program(page: Caller, body: bytes, path: str) -> None:
    assert page.send("POST", path, body).status in {400, 401}


def test_a_taken_port_is_left_to_whom_it_belongs() -> None:
    first = Server(0)
    try:
        second = listen((first.port, 0))
        assert second.port != first.port
        second.server_close()
        with pytest.raises(OSError, match="in use"):
            listen((first.port,))
    finally:
        first.server_close()
