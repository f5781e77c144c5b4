"""The documents of the interfaces are kept, and nothing that programs rely on is taken away."""

import copy
import json
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from kernel.refusals import CATALOGUE
from tests.api_differences import breaking
from tests.api_documents import INTERFACES, RELEASED, kept, served

Change: TypeAlias = Callable[[dict[str, Any]], object]  # of JSON, in place
ANSWERS, OFFERS = "/till/answers", "/merchant/offers"


@pytest.mark.parametrize("name", INTERFACES)
def test_a_document_is_openapi_3_1_and_is_the_one_that_is_kept(name: str) -> None:
    told = served(name)

    assert [str(each) for each in OPENAPI_31_VALIDATOR.iter_errors(told)] == []
    assert told == kept(name), "see tests/api_documents.py"


@pytest.mark.parametrize("name", INTERFACES)
def test_nothing_released_is_taken_away_within_a_version(name: str) -> None:
    before, after = kept(name, RELEASED), served(name)
    versions = {each["info"]["version"].partition(".")[0] for each in (before, after)}

    assert len(versions) > 1 or breaking(before, after) == []


@pytest.mark.parametrize("name", INTERFACES)
def test_every_example_is_of_the_shape_it_stands_for(name: str) -> None:
    interface = INTERFACES[name]

    for row in interface.operations:
        if row.told is not None:
            row.told.model_validate_json(json.dumps(row.told_example))
        if row.sent is not None:
            row.sent.model_validate_json(json.dumps(row.sent_example))
    assert set(interface.codes) <= CATALOGUE.keys()
    assert interface.scopes.keys() == {each.scope for each in interface.operations if each.scope}


def operation(document: dict[str, Any], path: str, method: str = "get") -> Any:  # JSON
    return document["paths"][path][method]


def shape(document: dict[str, Any], name: str) -> Any:  # JSON
    return document["components"]["schemas"][name]


def event(document: dict[str, Any], name: str) -> Any:  # JSON
    content = document["webhooks"][name]["post"]["requestBody"]["content"]
    return content["application/secevent+jwt"]["schema"]["contentSchema"]["prefixItems"]


BREAKING: dict[str, tuple[str, Change]] = {
    "event petition-filed: removed": ("events", lambda at: at["webhooks"].pop("petition-filed")),
    "event consent-ended < application/secevent+jwt/claims/sub_id/sub: not told any more": (
        "events",
        lambda at: shape(at, "SubjectTold")["properties"].pop("sub"),
    ),
    "event consent-ended < application/secevent+jwt/header/kid: not told any more": (
        "events",
        lambda at: shape(at, "TokenHeader")["properties"].pop("kid"),
    ),
    "event subject-request < application/secevent+jwt/claims/events: fewer values": (
        "events",
        lambda at: event(at, "subject-request")[1]["allOf"][1]["properties"]["events"].update(
            enum=[{}]
        ),
    ),
    "get /merchant/counts: removed": ("merchant", lambda at: at["paths"].pop("/merchant/counts")),
    "post /till/answers: removed": ("merchant", lambda at: at["paths"][ANSWERS].pop("post")),
    "get /merchant/offers: another right is needed": (
        "merchant",
        lambda at: operation(at, OFFERS).update(security=[{"token": ["more"]}]),
    ),
    "get /merchant/offers ? query.page: required now": (
        "merchant",
        lambda at: operation(at, OFFERS)["parameters"].append(
            {"name": "page", "in": "query", "required": True, "schema": {"type": "string"}}
        ),
    ),
    "get /merchant/offers ? query.limit: not taken any more": (
        "merchant",
        lambda at: operation(at, OFFERS)["parameters"].pop(0),
    ),
    "get /merchant/offers ? query.limit: other limits": (
        "merchant",
        lambda at: operation(at, OFFERS)["parameters"][0]["schema"].update(maximum=9),
    ),
    "post /till/answers > application/json/offer: another type": (
        "merchant",
        lambda at: shape(at, "CodeSent")["properties"]["offer"].update(type="integer"),
    ),
    "post /till/answers > application/json/shop: required now": (
        "merchant",
        lambda at: (
            shape(at, "CodeSent")["properties"].update(shop={"type": "string"}),
            shape(at, "CodeSent")["required"].append("shop"),
        ),
    ),
    "post /till/answers > application/json/code: not taken any more": (
        "merchant",
        lambda at: shape(at, "CodeSent")["properties"].pop("code"),
    ),
    "post /till/answers > application/json/offer: fewer values": (
        "merchant",
        lambda at: shape(at, "CodeSent")["properties"]["offer"].update(enum=["one"]),
    ),
    "post /till/answers < 200: removed": (
        "merchant",
        lambda at: operation(at, ANSWERS, "post")["responses"].pop("200"),
    ),
    "post /till/answers < 200 application/json/receipt: not told any more": (
        "merchant",
        lambda at: shape(at, "AnswerTold")["properties"].pop("receipt"),
    ),
    "post /till/answers < 200 application/json/receipt: not always told any more": (
        "merchant",
        lambda at: shape(at, "AnswerTold")["required"].remove("receipt"),
    ),
    "get /{code}/cases < 200 application/json/cases/*/state: fewer values": (
        "counter",
        lambda at: shape(at, "CaseState")["enum"].remove("stopped"),
    ),
    "get /{code}/cases < 200 application/json/cases/*/id: another type": (
        "counter",
        lambda at: shape(at, "CaseTold")["properties"].update(
            id={"anyOf": [{"type": "string"}, {"type": "null"}]}
        ),
    ),
}
HARMLESS: tuple[Change, ...] = (
    lambda at: at["paths"].update({"/news": at["paths"][OFFERS]}),
    lambda at: operation(at, OFFERS)["parameters"].append(
        {"name": "page", "in": "query", "required": False, "schema": {"type": "string"}}
    ),
    lambda at: shape(at, "AnswerTold")["properties"].update(more={"type": "string"}),
    lambda at: shape(at, "CodeSent")["properties"].update(till={"type": "string"}),
    lambda at: shape(at, "OfferState")["enum"].append("paused"),
    lambda at: operation(at, OFFERS)["responses"].pop("429"),
)


def test_the_check_tells_each_kind_of_break_and_lets_additions_pass() -> None:
    for said, (name, change) in BREAKING.items():
        after = copy.deepcopy(served(name))
        change(after)
        assert said in breaking(served(name), after)
    for change in HARMLESS:
        after = copy.deepcopy(served("merchant"))
        change(after)
        assert breaking(served("merchant"), after) == []
