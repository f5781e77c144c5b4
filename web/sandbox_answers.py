"""Read an authorization response whichever way it travels, and alter it on its last step.

A redirect's query or fragment, or our form that the browser posts; plain, or one signed token.
"""

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from html import unescape
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlencode, urlsplit

from markupsafe import escape
from werkzeug.wrappers import Response

Claims: TypeAlias = dict[str, Any]  # JSON
Told: TypeAlias = Mapping[str, str]
Sign: TypeAlias = Callable[[Claims, str], str]  # of claims, with an algorithm
JWS_PARTS = 3  # an encrypted one, of five, nobody but its client opens
SIGNED = "response"  # the one parameter of a signed answer (JARM 2.3)
_FORM = b'id="form_post"'
_FIELD = re.compile(r'\s*<input type="hidden" name="([^"]*)" value="([^"]*)">')


def read(response: Response) -> Claims:
    """Return what the client is told; nothing if this is no authorization response."""
    told = _carried(response)
    parts = told.get(SIGNED, "").split(".")
    return decoded(parts[1]) if len(parts) == JWS_PARTS else dict(told)


def write(response: Response, told: Claims, *, sign: Sign) -> None:
    """Let the client be told this instead; signed anew where it was signed."""
    carried = _carried(response)
    if SIGNED in carried:
        alg = decoded(carried[SIGNED].split(".")[0])["alg"]
        told = {SIGNED: sign(told, alg)}
    _carry(response, told)


def decoded(part: str) -> Claims:
    """Return a part of a signed token."""
    read: Claims = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return read


def _carried(response: Response) -> dict[str, str]:
    if _is_form(response):
        fields = _FIELD.findall(response.get_data(as_text=True))
        return {unescape(name): unescape(value) for name, value in fields}
    parts = urlsplit(response.headers.get("Location", ""))
    return dict(parse_qsl(parts.fragment or parts.query, keep_blank_values=True))


def _carry(response: Response, told: Told) -> None:
    if _is_form(response):
        _fill_in(response, told)
        return
    parts = urlsplit(response.headers["Location"])
    place = "fragment" if parts.fragment else "query"
    response.headers["Location"] = parts._replace(**{place: urlencode(told)}).geturl()


def _is_form(response: Response) -> bool:
    return response.mimetype == "text/html" and _FORM in response.get_data()


def _fill_in(response: Response, told: Told) -> None:
    """Put other hidden fields in place of the first, and none in place of the rest."""
    fields = "".join(
        f'\n    <input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in told.items()
    )
    page = response.get_data(as_text=True)
    first = _FIELD.search(page)
    start = len(page) if first is None else first.start()
    response.set_data(page[:start] + fields + _FIELD.sub("", page[start:]))
