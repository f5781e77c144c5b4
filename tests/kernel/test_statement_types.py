"""Hot statements know the types of their values, in whatever order the rooms were imported."""

import subprocess
import sys

ASK = """
import sys, web.app
from kernel.prebuilt import Prebuilt
from sqlalchemy.dialects.sqlite import dialect
built = [
    each._for(dialect())
    for module in list(sys.modules.values())
    for each in list(getattr(module, "__dict__", {}).values())
    if isinstance(each, Prebuilt)
]
print(len(built))
"""


def test_a_server_that_starts_builds_every_hot_statement() -> None:
    done = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)

    assert int(done.stdout) > 50
