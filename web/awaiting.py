"""Answer who waits at another device, at the end of an interaction; the member reads it here."""

from collections.abc import Mapping
from uuid import UUID

from flask import redirect, url_for
from werkzeug.wrappers import Response

from audit import footprint
from audit.lines import Kind
from idp import awaited
from kernel.errors import Refused
from web import scope


def answer(awaited_id: UUID, response: Mapping[str, str]) -> Response:
    """Let the other device go on, or not, and say so.

    Raises Refused `awaited.over` if a yes comes too late: the grant that was made is undone.
    """
    code, visitor = response.get("code"), scope.visitor()
    client_id = awaited.settle(
        scope.db(),
        awaited_id,
        code=code,
        member_id=None if visitor is None else visitor.member_id,
        now=scope.now(),
    )
    if client_id is None and code is not None:
        raise Refused(awaited.OVER)
    if client_id is None:
        return told("over")
    if code is None and visitor is not None:
        footprint.record(
            scope.db(),
            Kind.DEVICE_STOPPED,
            member_id=visitor.member_id,
            now=scope.now(),
            client_id=client_id,
        )
    return told("stopped" if code is None else "approved")


def told(state: str) -> Response:
    """Lead to the page that says what came of it."""
    return redirect(url_for("device.answered", state=state), 303)
