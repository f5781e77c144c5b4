from collections.abc import Iterator

import pytest

from tests.conformance import plans
from tests.conformance.dynamic_clients import Dynamic, Site, published
from tests.conformance.fapi import PAIRS, Fapi
from tests.conformance.suite import Suite
from tests.live.lending import provider, running_provider, visitor
from tests.live.server import Provider
from tests.live.visitor import Visitor

__all__ = ["provider", "running_provider", "visitor"]


@pytest.fixture(params=["query", "form_post"])
def suite(request: pytest.FixtureRequest, provider: Provider, visitor: Visitor) -> Suite:
    """Lend two clients and a member, for the plan Basic OP and again for Form Post OP."""
    return Suite(provider, visitor, mode=request.param)


@pytest.fixture
def fapi(request: pytest.FixtureRequest, provider: Provider, visitor: Visitor) -> Fapi:
    """Lend a client of the profile `fapi2` and a member, for the plan of one pair."""
    return Fapi(provider, visitor, PAIRS[request.param])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a FAPI module in each pair it applies to."""
    mark = next(metafunc.definition.iter_markers("module"), None)
    if mark is None or "fapi" not in metafunc.fixturenames:
        return
    module = mark.args[0].removeprefix(plans.PREFIX["fapi2"])
    pairs = [pair for pair in PAIRS if module in plans.PAIRS[pair]]
    metafunc.parametrize("fapi", pairs, indirect=True)


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    with published() as running:
        yield running


@pytest.fixture
def dynamic(provider: Provider, visitor: Visitor, site: Site) -> Dynamic:
    """Lend a way to register clients, a site they publish on, and a member."""
    return Dynamic(provider, visitor, site)
