"""Show a clerk where they sit and what they may do there; let them choose, and tell of readers."""

from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import trail
from counters import readers, staff
from counters.duty import Post
from counters.models import Reader
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from web import clerks, consoles, cookies, counter_words, csrf, headers, pages, scope

bp = Blueprint("clerk", __name__, url_prefix="/clerk")
consoles.register_menu(
    "clerk.seat", Bilingual("我的窗口", "My counter"), icon="agency", may=clerks.is_clerk
)


bp.before_request(csrf.only_our_forms)


@bp.get("")
def seat() -> Response | str:
    """Show the counter at which the clerk sits, and the others they could."""
    first = clerks.seat_needed()
    if first is not None:
        return first
    return _page()


def _page(error: str = "") -> str:
    post = clerks.required_seat()
    return consoles.page(
        "console/seat.html",
        here=_post(post),
        others=[_post(each) for each in clerks.posts() if each is not post],
        readers=[reader_line(each, post) for each in post.at.readers],
        programs=programs() if post.reader_id else "",
        error=error,
        current="clerk.seat",
    )


def programs() -> str:
    """Let the page's script ask the card program beside it; return where that listens."""
    found = scope.rooms().settings.card_programs
    headers.allow_programs(found)
    return " ".join(found)


def _post(post: Post) -> dict[str, Any]:
    code = post.refusal()
    return {
        "id": str(post.clerk.id),
        "counter": counter_words.name(post.at.counter),
        "matters": [counter_words.MATTERS[each] for each in sorted(post.may)],
        "why_not": None if code is None else refusal(code).title,
        "trained_until": post.trained.works_until if post.trained else None,
    }


def reader_line(row: Reader, post: Post) -> dict[str, Any]:
    """Return what a clerk is told of a reader."""
    return {
        "id": str(row.id),
        "serial": row.serial,
        "model": row.model,
        "kind": counter_words.READERS[row.kind],
        "is_broken": row.broken_at is not None,
        "is_here": row.id == post.clerk.reader_id,
        "tested_at": row.tested_at,
        "heard_at": row.heard_at,
        "is_silent": readers.is_silent(row, now=scope.now()),
    }


@bp.post("/seat")
@scope.member_required
def choose() -> Response:
    """Sit at another counter from now on."""
    wanted = request.form.get("seat", "")
    if wanted not in {str(each.clerk.id) for each in clerks.posts()}:
        raise NotFound("counter.not_found")
    cookies.choose_seat(wanted)
    return redirect(url_for(".seat"), 303)


@bp.post("/reader")
def use_reader() -> Response | str:
    """Work with a reader, by its serial number; only a registered one will do (5(1))."""
    first = clerks.seat_needed()
    if first is not None:
        return first
    post = clerks.required_seat()
    try:
        with scope.step():
            reader = readers.registered(
                scope.db(), post.at.counter.id, request.form.get("serial", "")
            )
    except Refused as refused:
        return _page(error=refusal(refused.code).title.text(pages.language()))
    staff.sit_at(scope.db(), post.clerk, reader)
    _record("counter.reader_used", reader)
    return redirect(url_for(".seat"), 303)


@bp.post('/reader/<uuid:reader_id>/<any("broken","works"):kind>')
def test_reader(reader_id: UUID, kind: str) -> Response:
    """Say that a reader failed its self-test, or passed it."""
    first = clerks.seat_needed()
    if first is not None:
        return first
    reader = readers.get(scope.db(), clerks.required_seat().at.counter, reader_id)
    readers.tested(scope.db(), reader, passed=kind == "works", now=scope.now())
    _record(f"counter.reader_{kind}", reader)
    return redirect(url_for(".seat"), 303)


@bp.post("/reader/heard")
def hear_reader() -> Response:
    """Note that the program beside the clerk sees the reader they work with."""
    first = clerks.seat_needed()
    if first is not None:
        return first
    post = clerks.required_seat()
    reader_id = post.clerk.reader_id or UUID(int=0)
    reader = readers.get(scope.db(), post.at.counter, reader_id)
    readers.heard(scope.db(), reader, now=scope.now())
    return Response(status=204)


def _record(event: str, reader: Reader) -> None:
    trail.record(scope.db(), event, actor=scope.member_id(), subject=reader.id, now=scope.now())
