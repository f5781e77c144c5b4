"""Hand out a list part by part: after a row, so many, and where to go on (RFC 8288).

A cursor is the opaque name of the last row that was told, good for one client and one list. Rows
are asked for after it by their id, so none is told twice or left out however the list changes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar
from urllib.parse import urlencode
from uuid import UUID

from flask import request
from werkzeug.wrappers import Response

from kernel.errors import Refused
from kernel.opaque import Names

USUAL, MOST = 50, 100
_LIMIT = re.compile("[1-9][0-9]{0,2}", re.ASCII)


class HasId(Protocol):
    """A row of any table with an id."""

    id: UUID


Listed = TypeVar("Listed", bound=HasId)


@dataclass(frozen=True, kw_only=True)
class Paging:
    """Which part of a list was asked for."""

    after: UUID | None  # the last row that was told before
    limit: int
    names: Names
    place: tuple[str, ...]  # whose list it is, and which

    @property
    def one_more(self) -> int:
        """Return how many rows show whether there is a next part."""
        return self.limit + 1

    def split(self, rows: Sequence[Listed]) -> tuple[Sequence[Listed], str | None]:
        """Return the rows of this part, and the cursor of the next one."""
        told = rows[: self.limit]
        more = len(rows) > self.limit
        return told, self.names.name(told[-1].id, *self.place) if more else None

    def linked(self, response: Response, cursor: str | None, *, issuer: str) -> Response:
        """Say in `Link` where the next part is."""
        if cursor is not None:
            query = urlencode({"cursor": cursor, "limit": self.limit})
            response.headers["Link"] = f'<{issuer}{request.path}?{query}>; rel="next"'
        return response


def asked(names: Names, *, client_id: UUID) -> Paging:
    """Return the part the query asks for.

    Raises Refused `program.limit_invalid`, or `program.cursor_invalid` for one of another list.
    """
    place = ("cursor", str(client_id), request.path)
    limit = request.args.get("limit", str(USUAL))
    if not _LIMIT.fullmatch(limit) or int(limit) > MOST:
        raise Refused("program.limit_invalid")
    cursor = request.args.get("cursor")
    after = None if cursor is None else names.find(cursor, *place)
    if cursor is not None and after is None:
        raise Refused("program.cursor_invalid")
    return Paging(after=after, limit=int(limit), names=names, place=place)
