"""`taipei-id bench-data`: only for benches, and as many as asked for."""

import pytest
from sqlalchemy import Engine

from tests.cli.conftest import Taipei


@pytest.mark.usefixtures("prepared")
def test_the_database_is_filled_up_to_so_many(taipei_id: Taipei) -> None:
    assert taipei_id("bench-data", "--members", "3").stdout.startswith("3 members added, digest ")
    assert taipei_id("bench-data", "--members", "5").stdout.startswith("2 members added, digest ")
    assert taipei_id("bench-data", "--members", "5").stdout.startswith("0 members added, digest ")


@pytest.mark.usefixtures("prepared")
def test_a_crowd_that_is_not_to_be_had_is_refused_in_a_line(taipei_id: Taipei) -> None:
    refused = taipei_id("bench-data", "--members", "5", "--one-in", "2")

    assert refused.exit_code == 1
    assert refused.output == "Error: 5 is no multiple of 2\n"


def test_a_real_city_takes_no_crowd(
    prepared: Engine, environment: pytest.MonkeyPatch, taipei_id: Taipei
) -> None:
    environment.setenv("TAIPEI_ID_DEMO", "0")
    environment.setenv("TAIPEI_ID_ISSUER", "https://id.example")

    refused = taipei_id("bench-data", "--members", "3")

    assert refused.exit_code == 1
    assert "for benches only" in refused.output
