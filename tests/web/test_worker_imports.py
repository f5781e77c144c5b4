"""Workers live long and are many: none holds what only commands or rare pages need."""

import json
import subprocess
import sys

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
held = {{name.partition(".")[0] for name, module in sys.modules.items() if module}}
print(json.dumps(sorted(held)))
"""


def test_a_worker_does_not_hold_what_only_commands_and_rare_pages_need() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", WORKER], check=True, capture_output=True, text=True
    )

    held = set(json.loads(answer.stdout.splitlines()[-1]))
    assert "sqlalchemy" in held
    assert held & RARE == set()
