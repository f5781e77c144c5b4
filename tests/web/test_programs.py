"""Programs that call our interfaces prove who they are before anything is said of their words."""

import json

import pytest

from tests import make
from tests.flows.provider import City, basic

one_database = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
BY_CLIENT = ("/api/events", "/api/till/answers", "/api/verify", "/api/verify/list")
BY_TOKEN = ("/api/agency/applications", "/api/agency/services/x/notes")
BROKEN = [
    b"",
    b"{",
    b"[]",
    b"null",
    b'{"after": 1}',
    b'{"after": "a", "after": "b"}',
    b"\xff",
    b"[" * 9999,
]
JSON = "application/json"


@one_database
@pytest.mark.parametrize("path", BY_CLIENT + BY_TOKEN)
def test_who_is_not_known_is_told_nothing_of_the_body(city: City, path: str) -> None:
    strangers: tuple[dict[str, str], ...] = ({}, basic("library", "wrong"), basic("nobody"))

    answers = {
        city.call(path, body, headers=who, content_type=kind).status_code
        for body in BROKEN
        for who in strangers
        for kind in (JSON, "text/plain")
    }

    assert answers == {401}


@one_database
@pytest.mark.parametrize("path", BY_CLIENT)
def test_who_is_known_is_told_what_is_wrong_with_the_body(city: City, path: str) -> None:
    answers = [
        city.call(path, body, headers=basic("library"), content_type=JSON) for body in BROKEN
    ]

    assert {each.status_code for each in answers} == {400}
    assert {each.get_json()["detail"] for each in answers} == {
        "the body is not JSON",
        "the body must be a JSON object of strings",
        "a parameter was sent more than once",
    }


@one_database
def test_who_proves_themselves_in_a_body_is_known_though_the_rest_is_wrong(city: City) -> None:
    proof = {"client_id": "library", "client_secret": make.SECRET}
    city.register("library.by.post", auth_method="client_secret_post")
    known = {**proof, "client_id": "library.by.post"}

    answers = [
        city.call("/api/events", json.dumps({**who, "after": 1}).encode(), content_type=JSON)
        for who in (known, {**known, "client_secret": "wrong"})
    ]

    assert [each.status_code for each in answers] == [400, 401]


@one_database
@pytest.mark.parametrize("value", ["a\x00b", "\ud800"])
@pytest.mark.parametrize("path", BY_CLIENT)
def test_what_no_database_keeps_is_no_word_in_json_either(
    city: City, path: str, value: str
) -> None:
    body = json.dumps({"number": value}).encode()

    answer = city.call(path, body, headers=basic("library"), content_type=JSON)

    assert answer.status_code == 400
    assert answer.get_json()["detail"] == "the body must be a JSON object of strings"
