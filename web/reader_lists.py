"""Hand readers the list they work with while they have no line (6(2))."""

from datetime import timedelta
from uuid import UUID

from flask import Blueprint, request
from werkzeug.wrappers import Response

from audit import trail
from consent import reader_lists
from consent.reader_lists import Asked, ReaderList
from idp.parameters import Parameters
from idp.reader_lists import TYPE, sign
from kernel.throttle import Policy
from web import programs, scope, verify

bp = Blueprint("reader_lists", __name__, url_prefix=verify.PATH)
PATH = f"{verify.PATH}/list"
OURS = ("terminal", "service")
# A list is good for a quarter of an hour, and looking for a new one each minute is often enough.
FETCHES = Policy(
    name="reader-list", limit=30, window=timedelta(minutes=10), lockout=timedelta(minutes=5)
)


@bp.get("/list")
def of_reader() -> Response:
    """Hand over a reader's list, or say that the one it has still says the same."""
    # What proves the client never stands in an address: only these two are looked at.
    sent = Parameters([(name, each) for name in OURS for each in request.args.getlist(name)])
    return _list(sent, has=request.headers.get("If-None-Match", ""))


@bp.post("/list")
def of_reader_by_post() -> Response:
    """Hand over a reader's list to a client that proves itself in the body."""
    return _list(programs.sent(), has="")


def _list(sent: Parameters, *, has: str) -> Response:
    client = programs.client_of(sent, endpoint=PATH)
    scope.keep()
    form, rooms = sent.single(), scope.rooms()
    terminal = verify.terminal_of(form)
    verdict = FETCHES.hit(
        scope.db(), FETCHES.key(str(terminal), secret=rooms.throttle_key), now=scope.now()
    )
    if verdict.retry_at is not None:
        return programs.locked("terminal.locked", verdict.retry_at)
    asked = Asked(
        client_id=client.id,
        audience=client.client_id,
        terminal=terminal,
        service=verify.service_of(form),
    )
    made = reader_lists.make(scope.db(), asked, rooms.reader_keys, now=scope.now())
    tag = f'"{made.version}"'
    if tag in has:
        return _with_headers(Response(status=304), tag)
    return _with_headers(_signed(made, asked, terminal), tag)


def _signed(made: ReaderList, asked: Asked, terminal: UUID) -> Response:
    rooms, now = scope.rooms(), scope.now()
    trail.record(
        scope.db(),
        "terminal.list_issued",
        actor=None,
        subject=asked.client_id,
        now=now,
        terminal=str(terminal),
        service=asked.service,
    )
    document = reader_lists.document(made, asked, issuer=rooms.provider.issuer)
    signer = rooms.provider.keys.signer(scope.db(), now=now)
    return Response(sign(signer, document), mimetype=f"application/{TYPE}")


def _with_headers(response: Response, tag: str) -> Response:
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = "private, no-cache"
    return response
