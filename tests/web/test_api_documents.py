"""What the OpenAPI documents say of the interfaces is so: schemathesis tries it out."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.schemas import OpenApiSchema

from tests.api_documents import INTERFACES
from tests.flows.provider import City, basic
from tests.web.test_agency_api import filled, noted, office, served, token
from tests.web.test_counter_api import desk, take_in
from tests.web.test_merchant_api import bearer, shop

__all__ = ["desk", "office", "served", "shop"]  # fixtures
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
load_all_checks()
# A rule may refuse what has the right shape: an age, a check digit, a version of the terms.
EXCUSED: Any = CHECKS.get_by_names(["positive_data_acceptance"])  # its kinds of check are unions
EXAMPLES = settings(max_examples=8)
GOOD = {"post /applications": filled(), "post /services/{code}/notes": noted()}
ADDRESSES = {name: each.address for name, each in INTERFACES.items()}


def names(interface: str, *, with_body: bool = False) -> list[str]:
    rows = INTERFACES[interface].operations
    return [f"{each.method} {each.path}" for each in rows if each.takes_body or not with_body]


def described(city: City, interface: str, name: str) -> APIOperation[Any, Any, Any, Any]:
    """Read the document as anybody does, over HTTP, and return what it says of one operation."""
    method, path = name.split()
    return document_at(city.app, f"{ADDRESSES[interface]}/openapi.json")[path][method]


@lru_cache(maxsize=8)
def document_at(app: Flask, address: str) -> OpenApiSchema:
    """Read a document once: each time schemathesis looks through all of our modules for values."""
    return schemathesis.openapi.from_wsgi(address, app)


def try_out(
    city: City,
    operation: APIOperation[Any, Any, Any, Any],
    by: dict[str, str],
    examples: settings = EXAMPLES,
) -> None:
    """Send what fits the document, and what does not; every answer is one the document knows."""
    both = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    has_shape = any(each.media_type == "application/json" for each in operation.body)
    for mode in both if has_shape else both[:1]:  # no plain text is wrong

        @given(case=operation.as_strategy(generation_mode=mode))
        @examples
        def tried(case: Case[Any]) -> None:
            city.wait(seconds=2)  # nobody is so quick that the limit answers
            case.call_and_validate(headers=by, excluded_checks=EXCUSED)

        tried()


def as_bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize("name", names("agency"))
def test_agencies_are_answered_as_the_document_says(served: City, name: str) -> None:
    try_out(served, described(served, "agency", name), as_bearer(token(served)))


@pytest.mark.parametrize("name", names("counter"))
def test_counters_are_answered_as_the_document_says(desk: City, name: str) -> None:
    take_in(desk, 2)

    try_out(desk, described(desk, "counter", name), as_bearer(token(desk, "queue")))


@pytest.mark.parametrize("name", names("merchant"))
def test_merchants_are_answered_as_the_document_says(shop: City, name: str) -> None:
    operation = described(shop, "merchant", name)

    try_out(shop, operation, basic("cafe") if operation.body else as_bearer(bearer(shop)))


def test_clients_are_answered_as_the_document_of_events_says(served: City) -> None:
    [name] = names("events")

    try_out(served, described(served, "events", name), basic("library"))


def test_a_body_that_is_too_large_is_refused_as_the_document_says(served: City) -> None:
    by = {**as_bearer(token(served)), "Idempotency-Key": "a-large-key"}

    for path in ("/applications", "/services/lockers/notes"):
        answer = served.call(
            f"/api/agency{path}", b"9" * 70_000, headers=by, content_type="application/json"
        )

        assert answer.status_code == 413
        assert answer.get_json()["type"] == "urn:taipei-id:error:http.413"
    for each in INTERFACES.values():
        assert all("http.413" in row.every_code for row in each.operations if row.takes_body)


@pytest.mark.parametrize("name", names("agency", with_body=True))
def test_what_is_right_is_done(served: City, name: str) -> None:
    case = described(served, "agency", name).Case(
        body=GOOD[name],
        media_type="application/json",
        path_parameters={"code": "lockers"},
        headers={"Idempotency-Key": "a-good-key"},
    )

    answer = case.call_and_validate(headers=as_bearer(token(served)), excluded_checks=EXCUSED)

    assert answer.status_code in {200, 201}


def test_a_document_is_sent_again_only_if_it_changed(city: City) -> None:
    for address in (each for name, each in ADDRESSES.items() if name != "sandbox"):
        first = city.call(f"{address}/openapi.json")
        known = {"If-None-Match": first.headers["ETag"]}

        assert first.get_json()["openapi"] == "3.1.0"
        assert city.call(f"{address}/openapi.json", headers=known).status_code == 304


HOSTILE = (
    *(b"", b"\xff\xfe", b"[" * 30_000, b'{"a":' * 9_000, b"nul", b"1e999", b"NaN", b'"\\ud800"'),
    *(b"{" + b'"sub":"x",' * 3_000 + b'"sub":"x"}', b"9" * 5_000, b'{"case": {"$ref": "#"}}'),
)
OF_A_FORM = json.dumps(filled()).encode()
OF_A_NOTE = json.dumps(noted()).encode()
READ = frozenset({200, 201, 400, 403, 404, 409, 413, 422})  # let in, heard, and no bug
# One value in what is right, put in place of another.
SPOILT = (
    *(b'"\\u0000"', b'"\\ud83d"', b"0", b"-1e400", b"[]", b"{}", b"null", b"true", b'""'),
    *(b'"0001-01-01"', b'"9999-12-31"', b'"-0"', b'"\\u202e"', b'"' + b"x" * 9_000 + b'"'),
)


def spoilt(body: bytes) -> Iterator[bytes]:
    """Give a good body with each of its values replaced by each that nobody expects."""
    for name in json.loads(body):
        start = body.index(f'"{name}": '.encode()) + len(name) + 4
        end = start + len(json.dumps(json.loads(body)[name]))
        yield from (body[:start] + each + body[end:] for each in SPOILT)


def test_no_body_is_a_bug_of_ours(served: City) -> None:
    for path, good in (("/applications", OF_A_FORM), ("/services/lockers/notes", OF_A_NOTE)):
        by = {**as_bearer(token(served)), "Idempotency-Key": "a-hostile-key"}
        for body in (*HOSTILE, *spoilt(good)):
            served.wait(seconds=2)
            answer = served.call(
                f"/api/agency{path}", body, headers=by, content_type="application/json"
            )

            assert answer.status_code in READ, (answer.status_code, path, body[:200])
