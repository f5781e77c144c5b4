"""The ceremony of docs/keys.md, typed as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from kernel.settings import DEMO_MASTER_KEY
from tests import tables
from tests.live.programs import ROOT

pytestmark = pytest.mark.slow
BLOCK = re.compile(r"^ +```sh\n(.*?)^ +```", re.DOTALL | re.MULTILINE)


def test_the_ceremony_puts_every_key_into_the_token(tmp_path: Path) -> None:
    conf, url = tmp_path / "softhsm2.conf", f"sqlite+pysqlite:///{tmp_path}/city.sqlite3"
    (tmp_path / "tokens").mkdir()
    conf.write_text(f"directories.tokendir = {tmp_path}/tokens\nlog.level = ERROR\n")
    tables.prepare(url)
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "SOFTHSM2_CONF": str(conf),
        "SO_PIN": "12345678",
        "PIN": "1234",
        "TAIPEI_ID_DEMO": "1",
        "TAIPEI_ID_ISSUER": "http://localhost:8600",
        "TAIPEI_ID_MASTER_KEY": DEMO_MASTER_KEY,
        "TAIPEI_ID_DATABASE_URL": url,
    }
    typed = "\n".join(BLOCK.findall((ROOT / "docs/keys.md").read_text("utf-8")))

    done = subprocess.run(
        ["bash", "-c", typed],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "✓ signing token" in done.stdout, done.stdout + done.stderr
    assert re.findall(r"^[\w-]{20,}.*\t(\w+)$", done.stdout, re.MULTILINE)
    assert not re.findall(r"^[\w-]{20,}.*\tdatabase$", done.stdout, re.MULTILINE)
