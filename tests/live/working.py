"""Let a worker do what is due, as it runs in earnest: `taipei-id worker --once`, a process."""

import os
import subprocess
from pathlib import Path

from kernel.settings import DEMO_MASTER_KEY
from tests.live.programs import ROOT
from tests.live.server import TAIPEI_ID, Provider


def work_once(provider: Provider, log: Path, **settings: str) -> str:
    """Do what is due for a provider; return what the worker wrote into `log`."""
    environment = {
        "TAIPEI_ID_DEMO": "1",
        "TAIPEI_ID_ISSUER": provider.issuer,
        "TAIPEI_ID_MASTER_KEY": DEMO_MASTER_KEY,
        "TAIPEI_ID_DATABASE_URL": provider.engine.url.render_as_string(hide_password=False),
        **{f"TAIPEI_ID_{name}": value for name, value in settings.items()},
    }
    with log.open("wb") as output:
        done = subprocess.run(
            [*TAIPEI_ID, "worker", "--once"],
            cwd=ROOT,
            env={**os.environ, **environment},
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    said = log.read_text("utf-8")
    assert done.returncode == 0, said
    return said
