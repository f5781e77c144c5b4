"""What we claim and what we prove are the same list."""

from importlib import import_module
from pathlib import Path

import pytest

from tests.conformance.plans import CIBA_WAYS, PAIRS, PLANS, PREFIX, WAYS

HERE = Path(__file__).parent


def proven(plan: str) -> list[tuple[str, str]]:
    """Return the modules a plan's folder has cases for, each with the case's name."""
    found = []
    for path in sorted((HERE / plan).glob("test_*.py")):
        cases = import_module(f"tests.conformance.{plan}.{path.stem}")
        for name, case in vars(cases).items():
            marks = [mark for mark in getattr(case, "pytestmark", []) if mark.name == "module"]
            found += [(mark.args[0], name) for mark in marks if name.startswith("test_")]
    return found


@pytest.mark.parametrize("plan", PLANS)
def test_each_module_of_a_claimed_plan_has_one_case_of_its_name(plan: str) -> None:
    assert dict(proven(plan)) == {
        PREFIX.get(plan, "") + module: f"test_{module.replace('-', '_')}" for module in PLANS[plan]
    }
    assert len(proven(plan)) == len(PLANS[plan])


def test_the_ways_of_answering_are_as_long_as_the_suite_counts_them() -> None:
    assert {way: len(modules) for way, modules in WAYS.items()} == {
        "query": 38,
        "form_post": 38,
        "code id_token": 36,
        "code token": 33,
        "code id_token token": 33,
        "id_token": 27,
        "id_token token": 31,
    }


def test_the_ways_of_ciba_are_as_long_as_the_suite_counts_them() -> None:
    assert {way: len(modules) for way, modules in CIBA_WAYS.items()} == {
        "poll-pkjwt": 35,
        "poll-mtls": 33,
        "ping-pkjwt": 40,
        "ping-mtls": 38,
    }


def test_the_pairs_of_fapi_are_as_long_as_the_suite_counts_them() -> None:
    assert {pair: len(modules) for pair, modules in PAIRS.items()} == {
        "pkjwt+dpop": 56,
        "pkjwt+mtls": 47,
        "mtls+dpop": 46,
        "mtls+mtls": 37,
    }
