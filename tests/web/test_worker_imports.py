"""Workers live long and are many: none holds what only commands or rare pages need."""

import json
import subprocess
import sys

import pytest

from bench.servers import HIDING

RARE = {
    "babel",  # only the tests look for words that lack a translation
    "alembic",  # changes tables: a command
    "mako",  # comes with it
    "openpyxl",  # reads an office's own file
    "lxml",  # comes with it
    "PIL",  # draws a picture that an agency sends
    "pikepdf",  # reads a PDF that it sends
    "weasyprint",  # draws what the desk prints
    "opentelemetry",  # only where traces are wanted
    "faker",  # makes people up
    "rich",  # draws for developers
    "pygments",  # comes with it
}
WORKER = f"""
{HIDING}
import json
from kernel.settings import Settings
from web.app import create_app
from web.cli import main  # gunicorn's workers are forks of the command
create_app(Settings(demo=True, issuer="http://localhost", database_url="sqlite+pysqlite:///:memory:"))
print(json.dumps([name for name, module in sys.modules.items() if module]))
"""


@pytest.fixture(scope="module")
def held() -> set[str]:
    """Return the modules of a worker, by their whole names."""
    answer = subprocess.run(
        [sys.executable, "-c", WORKER], check=True, capture_output=True, text=True
    )
    return set(json.loads(answer.stdout.splitlines()[-1]))


def test_a_worker_does_not_hold_what_only_commands_and_rare_pages_need(held: set[str]) -> None:
    libraries = {name.partition(".")[0] for name in held}

    assert "sqlalchemy" in libraries
    assert libraries & RARE == set()


def test_a_worker_holds_no_command_but_the_one_it_was_started_by(held: set[str]) -> None:
    commands = {name for name in held if name.startswith("web.cli.")}

    assert commands == {f"web.cli.{each}" for each in ("console", "opening", "refusals", "serve")}
