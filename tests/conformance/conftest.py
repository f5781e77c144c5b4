from collections.abc import Iterator

import pytest

from tests.conformance.dynamic_clients import Dynamic, Site, published
from tests.conformance.fapi import Fapi
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
def fapi(provider: Provider, visitor: Visitor) -> Fapi:
    """Lend a client of the profile `fapi2` and a member."""
    return Fapi(provider, visitor)


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    with published() as running:
        yield running


@pytest.fixture
def dynamic(provider: Provider, visitor: Visitor, site: Site) -> Dynamic:
    """Lend a way to register clients, a site they publish on, and a member."""
    return Dynamic(provider, visitor, site)
