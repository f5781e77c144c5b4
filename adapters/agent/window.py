"""Serve the program's own window: a page that speaks for the page that opened it.

It is the way for browsers that let no page speak to this computer, and for cards made of software
it asks for the PIN.
"""

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from adapters.agent.gates import NotAdmitted

FOLDER = Path(__file__).parent / "window_files"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
FILES = {
    "/window": ("window.html", "text/html; charset=utf-8"),
    "/window/en": ("window.en.html", "text/html; charset=utf-8"),
    "/window.js": ("window.js", "text/javascript; charset=utf-8"),
    "/window.css": ("window.css", "text/css; charset=utf-8"),
}


def page(target: str) -> tuple[bytes, Mapping[str, str]]:
    """Return one of the window's files, with its headers. Raises NotAdmitted."""
    found = FILES.get(urlsplit(target).path)
    if found is None:
        raise NotAdmitted(HTTPStatus.NOT_FOUND, "not_found")
    name, kind = found
    headers = {
        "Content-Type": kind,
        "Content-Security-Policy": POLICY,
        "Referrer-Policy": "no-referrer",
    }
    return (FOLDER / name).read_bytes(), headers
