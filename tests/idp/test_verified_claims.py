"""What is told of checks: what was asked for, what is recorded, and nothing else (IDA 1.0)."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp import verified_request
from idp.errors import ProtocolError
from idp.verified_claims import TRUST_FRAMEWORK, answers
from members.identity_checks import Checked
from members.models import CheckKind
from tests.make import NOON

OFFICE = "松山區健康服務中心"
SEEN = Checked(
    kind=CheckKind.DOCUMENT,
    of_type="idcard",
    method="vpip",
    office=OFFICE,
    checked_at=NOON - timedelta(days=3),
    claims=frozenset({"name", "birthdate"}),
)
COMPARED = Checked(
    kind=CheckKind.RECORD,
    of_type="population_register",
    method="data",
    office="民政局",
    checked_at=NOON - timedelta(days=30),
    claims=frozenset({"name", "address"}),
)
VALUES = {"name": "陳美玉", "birthdate": "1990-04-01", "address": {"locality": "臺北市"}}
FRAMEWORK = {"trust_framework": TRUST_FRAMEWORK}
DAY = "2026-11-20T00:00:00+08:00"
DEEP: dict[str, Any] = {}
for _ in range(5000):
    DEEP = {"a": DEEP}


def asked(*names: str, **verification: Any) -> list[dict[str, Any]]:  # JSON
    return verified_request.read(
        {
            "verification": {"trust_framework": None, **verification},
            "claims": dict.fromkeys(names or ("name",)),
        }
    )


def told(wanted: list[dict[str, Any]], *checks: Checked) -> list[dict[str, Any]]:
    return answers(wanted, checks or (SEEN,), VALUES, now=NOON)


def test_of_a_check_nothing_is_told_but_what_was_asked() -> None:
    assert told(asked("name")) == [{"verification": FRAMEWORK, "claims": {"name": "陳美玉"}}]


def test_each_claim_stands_under_its_newest_check() -> None:
    found = told(asked("name", "birthdate", "address"), SEEN, COMPARED)

    assert [sorted(each["claims"]) for each in found] == [["birthdate", "name"], ["address"]]


def test_the_day_of_a_check_is_told_and_not_its_second() -> None:
    (found,) = told(asked("name", time=None))

    assert found["verification"] == {**FRAMEWORK, "time": DAY}


@pytest.mark.parametrize(
    ("evidence", "piece"),
    [
        (None, {"type": "document"}),
        ([{"type": {"value": "document"}}], {"type": "document"}),
        (
            [{"type": {"value": "electronic_record"}}, {"type": {"value": "document"}}],
            {"type": "document"},
        ),
        (
            [{"type": {"values": ["document"]}, "document_details": {"type": None}}],
            {"type": "document", "document_details": {"type": "idcard"}},
        ),
        (
            [{"type": None, "check_details": [{"check_method": {"value": "vpip"}}]}],
            {"type": "document", "check_details": [{"check_method": "vpip"}]},
        ),
        (
            [{"check_details": [{"check_method": {"value": "data"}}, {"organization": None}]}],
            {
                "type": "document",
                "check_details": [{"check_method": "vpip", "organization": OFFICE}],
            },
        ),
        (
            [{"check_details": [{"check_method": None, "time": {"max_age": 10**9}}]}],
            {"type": "document", "check_details": [{"check_method": "vpip", "time": DAY}]},
        ),
        (
            [{"check_details": None}],
            {"type": "document", "check_details": [{"check_method": "vpip"}]},
        ),
        ([{"document_details": {"type": None, "serial_number": None}}],
         {"type": "document", "document_details": {"type": "idcard"}}),
        (
            [{"document_details": None}],
            {"type": "document", "document_details": {"type": "idcard"}},
        ),
        ([{"record": {"type": None}}], {"type": "document"}),
        ([{"attachments": []}], {"type": "document"}),
        (
            [{"check_details": [{"txn": {"value": "abc"}}, {"txn": None, "time": {"value": DAY}}]}],
            {"type": "document", "check_details": [{"check_method": "vpip", "time": DAY}]},
        ),
    ],
)  # fmt: skip
def test_evidence_is_told_part_by_part(evidence: Any, piece: dict[str, Any]) -> None:
    (found,) = told(asked("name", evidence=evidence))

    assert found["verification"]["evidence"] == [piece]


def test_a_register_is_evidence_of_another_kind() -> None:
    evidence = [{"type": {"value": "electronic_record"}, "record": {"type": None}}]

    (found,) = told(asked("name", evidence=evidence), SEEN, COMPARED)

    assert found["verification"]["evidence"] == [
        {"type": "electronic_record", "record": {"type": "population_register"}}
    ]


@pytest.mark.parametrize(
    "verification",
    [
        {"trust_framework": {"value": "eidas"}},
        {"trust_framework": {"values": ["eidas", "nist_800_63A"]}},
        {"time": {"max_age": 60}},
        {"time": {"max_age": "soon"}},
        {"time": {"max_age": True}},
        {"assurance_level": {"value": "high"}},
        {"assurance_level": {"essential": True}},
        {"assurance_process": {"policy": {"value": "gpg45"}}},
        {"evidence": [{"type": {"value": "vouch"}}]},
        {"evidence": ["document"]},
        {"evidence": [{"document_details": {"type": {"value": "passport"}}}]},
        {"evidence": [{"document_details": {"type": None, "serial_number": {"value": "A1"}}}]},
        {"evidence": [{"record": {"type": {"value": "population_register"}}}]},
        {"evidence": [{"attachments": [{"desc": {"essential": True}}]}]},
        {"evidence": [{"check_details": [{"check_method": {"value": "data"}}]}]},
        {"evidence": [{"check_details": [{"organization": {"value": "else"}}]}]},
        {"evidence": [{"check_details": [{"time": {"max_age": 1}}]}]},
        {"evidence": [{"check_details": ["vpip"]}]},
        {"evidence": [{"check_details": [{"check_method": None, "txn": {"value": "abc"}}]}]},
        {"evidence": [{"check_details": [{"txn": {"essential": True}}]}]},
        {"evidence": [{"check_details": [{"time": {"value": "1999-01-01T00:00:00+08:00"}}]}]},
        {"time": {"value": "1999-01-01T00:00:00+08:00", "essential": True}},
    ],
)
def test_a_condition_no_check_fulfils_leaves_everything_out(verification: dict[str, Any]) -> None:
    assert told(asked("name", **verification)) == []


@pytest.mark.parametrize(
    "verification",
    [
        {"trust_framework": {"values": [TRUST_FRAMEWORK]}},
        {"assurance_level": None},
        {"assurance_process": {"policy": None}},
        {"verification_process": {"essential": False}},
        {"deep": DEEP},
    ],
)
def test_what_is_not_recorded_and_not_insisted_on_is_left_out(
    verification: dict[str, Any],
) -> None:
    (found,) = told(asked("name", **verification))

    assert found["verification"] == FRAMEWORK


@pytest.mark.parametrize(
    ("limit", "is_told"),
    [
        (None, True),
        ({}, True),
        ({"essential": False}, True),
        ({"value": "陳美玉"}, True),
        ({"values": ["陳美玉"]}, True),
        ({"value": "another"}, False),
        ({"values": []}, False),
    ],
)
def test_a_claim_that_is_not_as_demanded_stays(limit: Any, is_told: bool) -> None:  # noqa: FBT001
    wanted = verified_request.read(
        {"verification": {"trust_framework": None}, "claims": {"name": limit}}
    )

    assert bool(told(wanted)) is is_told


def test_several_elements_are_answered_each() -> None:
    found = told([*asked("name"), *asked("birthdate", time=None), *asked("nothing")])

    assert [sorted(each["claims"]) for each in found] == [["name"], ["birthdate"]]


names = st.sampled_from(["name", "birthdate", "address", "email", "national_id"])
limits = st.none() | st.fixed_dictionaries({}, optional={"essential": st.booleans()})


@given(
    st.dictionaries(names, limits, min_size=1),
    st.lists(st.builds(Checked, kind=st.sampled_from(CheckKind), of_type=st.just("idcard"),
                       method=st.just("vpip"), office=st.just(OFFICE), checked_at=st.just(NOON),
                       claims=st.frozensets(names)), max_size=4),
    st.frozensets(names),
)  # fmt: skip
def test_only_what_was_asked_and_allowed_and_borne_out_is_told_and_once(
    claims: dict[str, Any], checks: list[Checked], allowed: frozenset[str]
) -> None:
    wanted = verified_request.read({"verification": {"trust_framework": None}, "claims": claims})
    values = {name: f"value of {name}" for name in allowed}

    found = answers(wanted, checks, values, now=NOON)

    out = [name for each in found for name in each["claims"]]
    assert len(out) == len(set(out))
    borne_out = frozenset().union(*(each.claims for each in checks))
    assert set(out) == claims.keys() & allowed & borne_out
    assert all(each["claims"] for each in found)


@pytest.mark.parametrize(
    "wanted",
    [
        "name",
        7,
        [None],
        {},
        {"verification": {}, "claims": {"name": None}},
        {"verification": None, "claims": {"name": None}},
        {"verification": {"trust_framework": None}},
        {"verification": {"trust_framework": None}, "claims": {}},
        {"verification": {"trust_framework": None}, "claims": ["name"]},
        {"verification": {"trust_framework": None}, "claims": {"name": True}},
    ],
)
def test_a_malformed_request_is_refused(wanted: Any) -> None:
    with pytest.raises(ProtocolError) as refused:
        verified_request.read(wanted)

    assert refused.value.error == "invalid_request"


def test_nothing_is_asked_by_null() -> None:
    assert verified_request.read(None) == []
    assert verified_request.names([]) == frozenset()
