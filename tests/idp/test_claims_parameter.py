import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp import claims_parameter
from idp.claims_parameter import ClaimsRequest
from idp.errors import ProtocolError

ACR = "urn:taipei-id:acr:2"
plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
json_values = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["userinfo", "id_token", "acr", "sub", "values", "value", "essential"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def read(document: Any) -> ClaimsRequest:  # any JSON there is
    return claims_parameter.read(json.dumps(document))


@pytest.mark.pyop_row(9)
@pytest.mark.parametrize(
    "text",
    [
        "name",
        "{",
        "[]",
        '"userinfo"',
        "null",
        "7",
        '{"userinfo": []}',
        '{"userinfo": "name"}',
        '{"id_token": {"name": true}}',
        '{"id_token": {"name": ["essential"]}}',
        '{"userinfo": {"name": 1}}',
        "[" * 100_000,
        '{"userinfo": ' * 1_300,
        "1" * 5_000,
        '{"userinfo": {' + " " * 9_000 + "}}",
        '{"userinfo": {"name": {"value": 1e999}}}',
        '{"userinfo": {"name": {"values": [NaN]}}}',
    ],
)
def test_a_malformed_claims_parameter_is_an_invalid_request(text: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        claims_parameter.read(text)

    assert refused.value.error == "invalid_request"


def test_verified_claims_hold_no_number_that_is_none() -> None:
    element = {"verification": {"trust_framework": None}, "claims": {"name": {"max": float("inf")}}}

    with pytest.raises(ProtocolError):
        read({"userinfo": {"verified_claims": element}})


@given(json_values)
def test_any_json_is_understood_or_refused_never_more(document: Any) -> None:
    try:
        request = read(document)
        request.subject()
    except ProtocolError:
        return

    assert request.names().isdisjoint({"sub", "acr"})
    assert all(isinstance(acr, str) for acr in request.essential_acr() + request.voluntary_acr())


def test_nothing_sent_asks_for_nothing() -> None:
    assert claims_parameter.read(None).names() == frozenset()


def test_claims_of_both_places_are_asked_for() -> None:
    request = read({"userinfo": {"name": None}, "id_token": {"email": {"essential": True}}})

    assert request.names() == {"name", "email"}


def test_null_in_place_of_an_object_asks_for_nothing() -> None:
    assert read({"userinfo": None, "id_token": None, "other": 7}).names() == frozenset()


def test_what_is_said_about_the_login_is_no_datum_of_the_member() -> None:
    assert read({"id_token": {"acr": None, "auth_time": {"essential": True}}}).names() == set()


def test_an_essential_acr_is_a_demand_and_another_only_a_wish() -> None:
    essential = read({"id_token": {"acr": {"essential": True, "values": [ACR, 7]}}})
    voluntary = read({"id_token": {"acr": {"value": ACR}}})

    assert (essential.essential_acr(), essential.voluntary_acr()) == ((ACR,), ())
    assert (voluntary.essential_acr(), voluntary.voluntary_acr()) == ((), (ACR,))


def test_a_subject_may_be_named_in_either_place_but_not_two_of_them() -> None:
    one = read({"id_token": {"sub": {"value": "a"}}, "userinfo": {"sub": {"value": "a"}}})
    two = read({"id_token": {"sub": {"value": "a"}}, "userinfo": {"sub": {"value": "b"}}})

    assert one.subject() == "a"
    assert read({"id_token": {"sub": None}}).subject() is None
    with pytest.raises(ProtocolError):
        two.subject()
