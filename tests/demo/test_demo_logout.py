"""The library ends a reader's visit when the provider says so, and believes nobody else."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from demo.library.app import Library
from demo.setup import Setup
from tests.demo.browser import Visitor
from tests.demo.stub_provider import SUB, StubProvider

SID = "the-session"


@pytest.fixture
def library(library_setup: Setup) -> Library:
    return Library(library_setup)


@pytest.fixture
def reader(library: Library, provider: StubProvider) -> Visitor:
    """Lend a reader who has just signed in."""
    provider.id_token = {"sid": SID}
    reader = Visitor(library.app, provider)
    reader.sign_in()
    return reader


def push(reader: Visitor, token: str) -> TestResponse:
    return reader.http.post("/signed-out", data={"logout_token": token})


def is_signed_in(reader: Visitor) -> bool:
    return reader.get("/card").status_code == 200


@pytest.mark.parametrize(
    "named", [{"sub": SUB, "sid": SID}, {"sub": None, "sid": SID}, {"sub": SUB, "sid": None}]
)
def test_a_logout_token_ends_the_visit(
    reader: Visitor, provider: StubProvider, named: dict[str, Any]
) -> None:
    assert is_signed_in(reader)

    answer = push(reader, provider.logout_token(**named))

    assert (answer.status_code, answer.data) == (200, b"")
    assert not is_signed_in(reader)


def test_the_visits_of_another_session_go_on(
    reader: Visitor, library: Library, provider: StubProvider
) -> None:
    provider.id_token = {"sid": "another"}
    other = Visitor(library.app, provider)
    other.sign_in()

    push(reader, provider.logout_token(sub=SUB, sid="another"))

    assert is_signed_in(reader)
    assert not is_signed_in(other)


@pytest.mark.parametrize(
    "changes",
    [
        {"typ": "JWT"},
        {"aud": "another"},
        {"iss": "https://another.invalid"},
        {"nonce": "n"},
        {"events": {}},
        {"events": "http://schemas.openid.net/event/backchannel-logout"},
        {"sub": None, "sid": None},
        {"sub": [SUB], "sid": None},
        {"iat": 0, "exp": 1},
        {"exp": "soon"},
    ],
)
def test_what_is_not_our_providers_logout_ends_nothing(
    reader: Visitor, provider: StubProvider, changes: dict[str, Any]
) -> None:
    answer = push(reader, provider.logout_token(**{"sub": SUB, "sid": SID, **changes}))

    assert answer.status_code == 400
    assert is_signed_in(reader)


@pytest.mark.parametrize("token", ["", "no token", "a.b.c", "\x00"])
def test_what_is_no_token_ends_nothing(reader: Visitor, token: str) -> None:
    assert push(reader, token).status_code == 400
    assert is_signed_in(reader)
