"""`taipei-id resource` and `client grants`: what operators do for programs without a browser."""

from pathlib import Path

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


def test_the_grant_types_of_a_client_are_set(
    prepared: Engine, taipei_id: Taipei, tmp_path: Path
) -> None:
    taipei_id("client", "add", written(tmp_path, make.a_client_form()))

    done = taipei_id("client", "grants", "library", "authorization_code", "client_credentials")
    wrong = taipei_id("client", "grants", "library", "password")

    assert (done.exit_code, wrong.exit_code) == (0, 1)
    assert "authorization_code client_credentials" in taipei_id("client", "show", "library").stdout
