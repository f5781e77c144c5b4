"""Read forms and addresses as a browser sends them: no keyboard makes a NUL.

PostgreSQL keeps none in a text, so one that came through would be a mistake of ours. What clients
send is read by `idp.parameters` from the bytes, and refused with what is wrong with it.
"""

from collections.abc import Iterable
from typing import Any

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict


class Fields(ImmutableMultiDict[str, Any]):  # words, or the files of a form
    """What was typed, without NUL."""

    def __init__(self, sent: Iterable[tuple[str, Any]] = ()) -> None:
        """Take what Werkzeug has parsed."""
        super().__init__([(name, _kept(value)) for name, value in sent])


class Sent(Request):
    """A request whose fields are `Fields`."""

    parameter_storage_class = Fields


def _kept(value: Any) -> Any:
    return value.replace("\0", "") if isinstance(value, str) else value
