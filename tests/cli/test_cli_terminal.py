from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests import make
from tests.cli.conftest import Taipei
from tests.cli.test_cli_clients import written


@pytest.mark.clause("6(2)")
def test_a_reader_is_registered_listed_and_ended(
    prepared: Engine, taipei_id: Taipei, tmp_path: Path
) -> None:
    taipei_id("client", "add", written(tmp_path, make.a_client_form()))

    number = taipei_id("terminal", "add", "library", "Main hall, desk 1").stdout.strip()
    listed = taipei_id("terminal", "list", "library").stdout
    ended = taipei_id("terminal", "end", number)
    again = taipei_id("terminal", "end", number)

    assert f"{number}\tMain hall, desk 1\t" in listed
    assert listed.rstrip().endswith("no")
    assert (ended.exit_code, again.exit_code) == (0, 1)
    assert not taipei_id("terminal", "list", "library").stdout.rstrip().endswith("no")
