from collections.abc import Iterator, Mapping

import pytest

from clients import response_types
from tests.conformance import ciba_clients, plans
from tests.conformance.ciba_clients import Ciba, Ear
from tests.conformance.dynamic_clients import Dynamic, Site, published
from tests.conformance.fapi import PAIRS, Fapi
from tests.conformance.suite import Suite
from tests.live.lending import provider, running_provider, visitor
from tests.live.server import Provider
from tests.live.visitor import Visitor

# Ways that differ in the protocol alone: one database is enough for them.
VARIANTS = {
    *response_types.THROUGH_BROWSER,
    *(f"{pair} signed" for pair in PAIRS),
    *(way for way in ciba_clients.WAYS if way != "ping-pkjwt"),
}
# Where each case is run once for each way of answering.
ANSWERED = {
    "tests.conformance.basic.test_basic_op",
    "tests.conformance.hybrid.test_hybrid_op",
}
__all__ = ["provider", "running_provider", "visitor"]


@pytest.fixture(scope="session")
def more_settings() -> Mapping[str, str]:
    """Allow what the plans Dynamic, Implicit and Hybrid demand."""
    return {"TAIPEI_ID_HYBRID": "1"}


@pytest.fixture
def suite(request: pytest.FixtureRequest, provider: Provider, visitor: Visitor) -> Suite:
    """Lend two clients and a member, for each way of answering in turn."""
    if request.param in {"query", "form_post"}:
        return Suite(provider, visitor, mode=request.param)
    return Suite(provider, visitor, mode="fragment", response_type=request.param)


@pytest.fixture
def fapi(request: pytest.FixtureRequest, provider: Provider, visitor: Visitor) -> Fapi:
    """Lend a client of the profile `fapi2` and a member, for the plan of one pair.

    And again as the plan of Message Signing runs the same modules.
    """
    pair, _, signed = request.param.partition(" ")
    return Fapi(provider, visitor, PAIRS[pair], signed=bool(signed))


@pytest.fixture
def ear() -> Iterator[Ear]:
    with ciba_clients.listening() as ear:
        yield ear


@pytest.fixture
def ciba(request: pytest.FixtureRequest, provider: Provider, visitor: Visitor, ear: Ear) -> Ciba:
    """Lend a client of the profile `fapi-ciba` and a member, for the plan of one way."""
    return Ciba(provider, visitor, ciba_clients.WAYS[request.param], ear)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the ways that differ in the protocol alone to one database."""
    items[:] = [item for item in items if not _is_double(item)]


def _is_double(item: pytest.Item) -> bool:
    said = getattr(item, "callspec", None)
    params = {} if said is None else said.params
    varied = {params.get(name) for name in ("suite", "fapi", "ciba")} & VARIANTS
    return bool(varied) and params.get("running_provider") != "sqlite"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a module in each way it applies to: a FAPI module in pairs, a basic one by answers."""
    mark = next(metafunc.definition.iter_markers("module"), None)
    if mark is None:
        return
    module = mark.args[0].removeprefix(plans.PREFIX["fapi2"])
    if "fapi" in metafunc.fixturenames:
        pairs = [pair for pair in PAIRS if module in plans.PAIRS[pair]]
        names = [*pairs, *(f"{pair} signed" for pair in pairs)]
        metafunc.parametrize("fapi", names, indirect=True)
    if "ciba" in metafunc.fixturenames:
        ways = [way for way, modules in plans.CIBA_WAYS.items() if mark.args[0] in modules]
        metafunc.parametrize("ciba", ways, indirect=True)
    if "suite" in metafunc.fixturenames and metafunc.module.__name__ in ANSWERED:
        ways = [way for way, modules in plans.WAYS.items() if module in modules]
        metafunc.parametrize("suite", ways, indirect=True)


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    with published() as running:
        yield running


@pytest.fixture
def dynamic(provider: Provider, visitor: Visitor, site: Site) -> Dynamic:
    """Lend a way to register clients, a site they publish on, and a member."""
    return Dynamic(provider, visitor, site)
