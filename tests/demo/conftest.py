from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.addresses import FIXED
from demo.city import client
from demo.setup import Setup
from tests.demo.stub_provider import StubProvider, serving


@pytest.fixture
def provider() -> Iterator[StubProvider]:
    with serving() as stub:
        yield stub


@pytest.fixture
def library_setup(provider: StubProvider, tmp_path: Path) -> Setup:
    return a_setup("taipei-library", provider.issuer, tmp_path)


@pytest.fixture
def merchant_setup(provider: StubProvider, tmp_path: Path) -> Setup:
    return a_setup("goodday-cafe", provider.issuer, tmp_path)


def a_setup(client_id: str, issuer: str, folder: Path) -> Setup:
    return Setup(
        record=client(client_id, FIXED),
        issuer=issuer,
        database=folder / "site.sqlite3",
        start_page=f"{issuer}/demo",
    )
