"""The card program is installable alone: none of the server's libraries, little of its code."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
OURS = {"adapters", "kernel"}
SHARED = {"adapters", "adapters.signed_over", "kernel", "kernel.ids", "kernel.unreadable"}
LIBRARIES = {"cryptography", "smartcard", "pkcs11", "asn1crypto", "cffi"}
ASK = """
import json, sys
from importlib import import_module
from pathlib import Path
import adapters.agent, pkgutil
for each in pkgutil.iter_modules(adapters.agent.__path__):
    import_module(f"adapters.agent.{each.name}")
found = {name: getattr(module, "__file__", None) or "" for name, module in sys.modules.items()}
print(json.dumps(found))
"""


def imported() -> dict[str, str]:
    """Return what the whole program imports, with the files."""
    command = [sys.executable, "-c", ASK]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_it_imports_its_own_libraries_and_no_others() -> None:
    foreign = {name.partition(".")[0] for name, file in imported().items() if "-packages" in file}

    assert {each for each in foreign if not each.startswith("_")} <= LIBRARIES


def test_of_the_house_it_knows_what_a_card_signs_and_nothing_more() -> None:
    ours = {name for name in imported() if name.partition(".")[0] in OURS}

    assert {each for each in ours if not each.startswith("adapters.agent")} == SHARED
