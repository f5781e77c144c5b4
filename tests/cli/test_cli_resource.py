"""`taipei-id resource` and `client grants`: what operators do for programs without a browser."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests import make
from tests.cli.conftest import Taipei
from tests.cli.test_cli_clients import written

CASES = "https://api.cases.invalid/v1"


def test_an_interface_is_registered_approved_withdrawn_and_ended(
    prepared: Engine, taipei_id: Taipei, tmp_path: Path
) -> None:
    taipei_id("client", "add", written(tmp_path, make.a_client_form()))
    words = ("--zh", "案件", "--en", "Cases", "--format", "jwt")

    added = taipei_id("resource", "add", "library", CASES, *words)
    approved = taipei_id("resource", "approve", "library", CASES, "cases.read", "cases.write")
    withdrawn = taipei_id("resource", "withdraw", "library", CASES, "cases.write")
    again = taipei_id("resource", "withdraw", "library", CASES, "cases.write")
    listed = taipei_id("resource", "list").stdout
    ended = taipei_id("resource", "end", CASES)

    assert [each.exit_code for each in (added, approved, withdrawn, again, ended)] == [
        0,
        0,
        0,
        1,
        0,
    ]
    assert f"{CASES}\tlibrary\tjwt\tES256\tno" in listed
    assert not taipei_id("resource", "list").stdout.rstrip().endswith("no")


@pytest.mark.refusal("resource.name_missing")
@pytest.mark.parametrize("name", [" ", "n" * 201])
def test_an_interface_has_a_name_that_fits(
    prepared: Engine, taipei_id: Taipei, tmp_path: Path, name: str
) -> None:
    taipei_id("client", "add", written(tmp_path, make.a_client_form()))

    refused = taipei_id("resource", "add", "library", CASES, "--zh", name, "--en", "Cases")

    assert refused.exit_code == 1
    assert "resource.name_missing" in refused.stderr


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_what_does_not_fit_into_the_database_is_said_in_a_line(
    prepared: Engine, taipei_id: Taipei
) -> None:
    words = ("population", "enter", "everybody", str(10**12), "--source", "Statistics")

    refused = taipei_id(*words, "--document", "1", "--as-of", "2026-01-01")

    assert refused.exit_code == 1
    assert refused.stderr.startswith("Error: something given is too long or no such value (")
    assert len(refused.stderr.splitlines()) == 1


def test_the_grant_types_of_a_client_are_set(
    prepared: Engine, taipei_id: Taipei, tmp_path: Path
) -> None:
    taipei_id("client", "add", written(tmp_path, make.a_client_form()))

    done = taipei_id("client", "grants", "library", "authorization_code", "client_credentials")
    wrong = taipei_id("client", "grants", "library", "password")

    assert (done.exit_code, wrong.exit_code) == (0, 1)
    assert "authorization_code client_credentials" in taipei_id("client", "show", "library").stdout
