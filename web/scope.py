"""One request, one transaction: open late, commit on success, roll back otherwise (STYLE 3)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import wraps
from typing import ParamSpec, TypeVar, cast
from uuid import UUID

from flask import Flask, current_app, g, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from audit import trail
from clients.officers import Post
from counters.duty import Duty
from idp.errors import Aftermath
from kernel import clock
from kernel.db import transaction
from kernel.errors import Refused
from kernel.work import WorkSession
from web import cookies, sessions
from web.referring import NUMBER, Number
from web.rooms import Rooms
from web.sessions import Visitor

NOTED = frozenset({"audit.read_only", "case.self_dealing"})
SECOND_PERSON = ".second_person"  # two have to do it, and one tried alone
P = ParamSpec("P")
R = TypeVar("R")


def rooms() -> Rooms:
    """Return the parts of this process."""
    return cast("Rooms", current_app.extensions["taipei_id"])


def now() -> datetime:
    """Return the moment of this request: read once, the same everywhere."""
    if "now" not in g:
        g.now = clock.now()
    return cast("datetime", g.now)


def db() -> Session:
    """Return this request's database session, opening its transaction at first use.

    Within `web.reading_apart` it is the standby's, and only to be read.
    """
    return cast("Session", g.apart) if "apart" in g else primary()


@contextmanager
def apart(session: Session) -> Iterator[None]:
    """Let this request read through `session` for a while, and close it then."""
    g.apart = session
    try:
        yield
    finally:
        g.pop("apart").close()


def primary() -> Session:
    """Return the session that writes, also while the request reads elsewhere."""
    if "db" not in g:
        g.db = WorkSession(rooms().sessions)
    return cast("Session", g.db)


def reference() -> str:
    """Return the reference number by which a person can ask about this request."""
    return cast("Number", request.environ[NUMBER]).reference


def visitor() -> Visitor | None:
    """Return the member signed in in this browser, or None."""
    if "visitor" not in g:
        cookie = cookies.session()
        g.visitor = (
            None
            if cookie is None
            else sessions.find(
                db(), cookie, now=now(), idle=rooms().settings.lifetimes.of("session_idle")
            )
        )
        if cookie is not None and g.visitor is None:
            cookies.forget_state()  # the session ended elsewhere: clients' pages shall notice
    return cast("Visitor | None", g.visitor)


def forget_visitor() -> None:
    """Look the visitor up again: the browser's session has just changed."""
    g.pop("visitor", None)


def member_id() -> UUID:
    """Return the signed-in member; only under `member_required`."""
    present = visitor()
    if present is None:
        raise RuntimeError("this view needs member_required")
    return present.member_id


def post() -> Post:
    """Return the post in which the visitor acts; only under `consoles.staff_required`."""
    if "post" not in g:
        raise RuntimeError("this view needs staff_required")
    return cast("Post", g.post)


def duty() -> Duty:
    """Return what the clerk may do where they sit; only under `clerks.clerk_required`."""
    if "duty" not in g:
        raise RuntimeError("this view needs clerk_required")
    return cast("Duty", g.duty)


def serve(duty: Duty) -> None:
    """Let this request be done by a clerk at a counter."""
    g.duty = duty


def act_as(post: Post) -> None:
    """Let this request be done in a post of the visitor's."""
    g.post = post


def member_required(view: Callable[P, R]) -> Callable[P, R | Response]:
    """Send visitors who are not signed in to the login page of the account."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        if visitor() is None:
            return redirect(url_for("account.login"), 303)
        return view(*args, **kwargs)

    return guarded


def keep() -> None:
    """Commit what was done so far; a later statement opens a new transaction."""
    session = g.get("db")
    if session is not None:
        session.commit()  # if it fails, `abandon` finds the session where it was
        g.pop("db").close()


def abandon(refused: Refused | None = None, *, aftermath: Aftermath | None = None) -> None:
    """Undo this request's transaction, then write what must survive it in one of its own.

    Whoever shows a page again because it was `refused` says so: the auditor reads some of them.
    """
    noted = None if refused is None else _noting(refused)
    session = g.pop("db", None)
    if session is not None:
        session.rollback()
        session.close()
    for write in (noted, aftermath):
        if write is not None:
            with transaction(rooms().sessions) as own:
                write(own)


@contextmanager
def step() -> Iterator[None]:
    """Do all of a step or nothing, for whoever shows the page again with why it was refused.

    What is half done when Refused is caught would be committed with the page.
    """
    session = cast("WorkSession", primary())
    try:
        with session.step():
            yield
    except Refused as refused:
        write = _noting(refused)
        if write is not None:
            write(session)
        raise


def _noting(refused: Refused) -> Aftermath | None:
    """Return what writes that somebody of the city tried what is not theirs to do (9)."""
    code = refused.code
    if code not in NOTED and not code.endswith(SECOND_PERSON):
        return None
    present, moment = visitor(), now()

    def write(session: Session) -> None:
        if present is not None:
            trail.record(session, "staff.refused", actor=present.member_id, now=moment, code=code)

    return write


def init(app: Flask) -> None:
    """Commit before the response leaves, and never leave a transaction open."""

    @app.after_request
    def commit(response: Response) -> Response:
        keep()
        return response

    @app.teardown_request
    def close(error: BaseException | None) -> None:  # noqa: ARG001  # Flask's signature
        abandon()
