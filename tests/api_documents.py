"""Keep the OpenAPI documents as files: what is served now, and what was released last.

python -m tests.api_documents --write      # after an interface changed
python -m tests.api_documents --release    # when a version of the project is released
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from web import (
    agency_document,
    counter_document,
    event_document,
    merchant_document,
    sandbox_document,
)
from web.api_documents import document
from web.api_interfaces import Interface

FOLDER = Path(__file__).parent.parent / "docs" / "api"
RELEASED = FOLDER / "released"
ISSUER = "https://id.example.invalid"
INTERFACES: Mapping[str, Interface] = {
    "agency": agency_document.INTERFACE,
    "counter": counter_document.INTERFACE,
    "merchant": merchant_document.INTERFACE,
    "events": event_document.INTERFACE,
    "sandbox": sandbox_document.INTERFACE,
}


def served(name: str) -> dict[str, Any]:  # JSON
    """Return what is served, as JSON reads it: lists are lists."""
    found: dict[str, Any] = json.loads(json.dumps(document(INTERFACES[name], ISSUER)))
    return found


def kept(name: str, folder: Path = FOLDER) -> dict[str, Any]:  # JSON
    """Return what the file says."""
    found: dict[str, Any] = json.loads((folder / f"{name}.json").read_text("utf-8"))
    return found


def write(folder: Path) -> None:
    """Write every document into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in INTERFACES:
        text = json.dumps(served(name), ensure_ascii=False, indent=1) + "\n"
        (folder / f"{name}.json").write_text(text, "utf-8")


def main() -> None:
    """Write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--release", action="store_true")
    asked = parser.parse_args()
    for folder, is_wanted in ((FOLDER, asked.write or asked.release), (RELEASED, asked.release)):
        if is_wanted:
            write(folder)


if __name__ == "__main__":
    main()
