"""What the OpenAPI document says of the agencies' interface is so: schemathesis tries it out."""

from typing import Any

import pytest
import schemathesis
from hypothesis import given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.schemas import APIOperation

from kernel.refusals import CATALOGUE
from tests.flows.provider import ISSUER, City
from tests.web.test_agency_api import filled, noted, office, served, token
from web.agency_document import ADDRESS, OPERATIONS, SCOPES, document

__all__ = ["office", "served"]  # fixtures
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
load_all_checks()
# A rule may refuse what has the right shape: an age, a check digit, a version of the terms.
EXCUSED: Any = CHECKS.get_by_names(["positive_data_acceptance"])  # its kinds of check are unions
NAMES = [f"{each.method} {each.path}" for each in OPERATIONS]
WITH_BODY = [f"{each.method} {each.path}" for each in OPERATIONS if each.sent is not None]
GOOD = {"post /applications": filled(), "post /services/{code}/notes": noted()}


def described(city: City, name: str) -> APIOperation[Any, Any, Any, Any]:
    """Read the document as anybody does, over HTTP, and return what it says of one operation."""
    method, path = name.split()
    return schemathesis.openapi.from_wsgi(f"{ADDRESS}/openapi.json", city.app)[path][method]


def call(city: City, case: Case[Any]) -> int:
    headers = {"Authorization": f"Bearer {token(city)}"}
    answer = case.call_and_validate(headers=headers, excluded_checks=EXCUSED)
    return answer.status_code


@pytest.mark.parametrize("name", NAMES)
def test_whatever_fits_the_document_is_answered_as_it_says(served: City, name: str) -> None:
    @given(case=described(served, name).as_strategy())
    @settings(max_examples=20)
    def tried(case: Case[Any]) -> None:
        served.wait(seconds=2)  # nobody is so quick that the limit answers
        call(served, case)

    tried()


@pytest.mark.parametrize("name", WITH_BODY)
def test_whatever_does_not_fit_is_refused_as_it_says(served: City, name: str) -> None:
    @given(case=described(served, name).as_strategy(generation_mode=GenerationMode.NEGATIVE))
    @settings(max_examples=20)
    def tried(case: Case[Any]) -> None:
        served.wait(seconds=2)
        call(served, case)

    tried()


@pytest.mark.parametrize("name", WITH_BODY)
def test_what_is_right_is_done(served: City, name: str) -> None:
    case = described(served, name).Case(
        body=GOOD[name],
        media_type="application/json",
        path_parameters={"code": "lockers"},
        headers={"Idempotency-Key": "a-good-key"},
    )

    assert call(served, case) in {200, 201}


def test_the_document_is_sent_again_only_if_it_changed(served: City) -> None:
    path = f"{ADDRESS}/openapi.json"
    first = served.call(path)

    again = served.call(path, headers={"If-None-Match": first.headers["ETag"]})

    assert first.get_json() == document(ISSUER)
    assert first.get_json()["openapi"] == "3.1.0"
    assert again.status_code == 304


def test_the_document_names_codes_and_scopes_there_are(served: City) -> None:
    told = served.call(f"{ADDRESS}/openapi.json").get_json()

    codes = {code for each in OPERATIONS for code in each.codes}
    flow = told["components"]["securitySchemes"]["token"]["flows"]["clientCredentials"]
    assert codes <= CATALOGUE.keys()
    assert flow["scopes"].keys() == SCOPES.keys() == {each.scope for each in OPERATIONS}
    assert "password" not in str(told["components"]["schemas"]["ReceiptTold"])
