"""The library takes signed events, shows them to its staff, and believes nobody else."""

import pytest
from werkzeug.test import TestResponse

from demo.library.app import Library
from demo.library.events import CONSENT_ENDED, PURGED, REQUEST
from demo.merchant.app import Till
from demo.merchant.events import MARKETING_ENDED
from demo.setup import Setup
from tests.demo.browser import Visitor
from tests.demo.stub_provider import SUB, StubProvider


@pytest.fixture
def reader(library_setup: Setup, provider: StubProvider) -> Visitor:
    return Visitor(Library(library_setup).app, provider)


def push(reader: Visitor, token: str) -> TestResponse:
    return reader.http.post(
        "/notices",
        base_url="http://localhost:8601",
        data=token,
        content_type="application/secevent+jwt",
    )


@pytest.mark.parametrize(
    ("kind", "detail", "words"),
    [
        (CONSENT_ENDED, {"purpose": "library-card", "reason": "withdrawn"}, "A consent ended"),
        (
            REQUEST,
            {"kind": "delete", "reference": "ABCDEFGH", "claims": ["name"], "stage": "asked"},
            "ABCDEFGH: name",
        ),
        (REQUEST, {"kind": "odd"}, "request"),
        (PURGED, {}, "An account was deleted"),
        ("urn:another", {}, "urn:another"),
    ],
)
def test_an_event_is_taken_once_and_shown(
    reader: Visitor, provider: StubProvider, kind: str, detail: dict[str, str], words: str
) -> None:
    assert "No notices yet" in reader.get("/notices").text
    token = provider.event(kind, detail)

    assert [push(reader, token).status_code for _ in range(2)] == [202, 202]

    page = reader.get("/notices").text
    assert page.count(SUB[:8]) == 1
    assert words in page


@pytest.mark.parametrize("token", ["", "no token", "a.b.c", "\x00"])
def test_what_is_no_event_is_refused(reader: Visitor, token: str) -> None:
    answer = push(reader, token)

    assert answer.status_code == 400
    assert answer.get_json()["err"] == "invalid_request"


def test_an_id_token_is_no_event(reader: Visitor, provider: StubProvider) -> None:
    assert push(reader, provider.event(PURGED, {}, typ="JWT")).status_code == 400
    provider.issuer += "/another"
    assert push(reader, provider.event(PURGED, {})).status_code in {400, 503}
    assert "No notices yet" in reader.get("/notices").text


def test_the_cafe_takes_its_own_events_and_not_the_librarys(
    merchant_setup: Setup, provider: StubProvider
) -> None:
    till = Visitor(Till(merchant_setup).app, provider)
    ours = provider.event(MARKETING_ENDED, {"purpose": "senior-10-percent"}, aud="goodday-cafe")

    statuses = [push(till, each).status_code for each in (ours, ours, provider.event(PURGED, {}))]

    assert statuses == [202, 202, 400]
    page = till.get("/notices").text
    assert page.count("A guest wants no more advertising") == 1
