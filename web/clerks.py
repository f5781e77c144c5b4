"""Let clerks in: who has a post at a counter, at which they sit, and what they may do there now.

What a clerk may do is worked out for every request (docs/decisions/0096), so whatever ends at
midnight ends with the next one. Clerks prove who they are as officers do.
"""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast
from uuid import UUID

from flask import g
from werkzeug.wrappers import Response

from counters import duty
from counters.duty import Post
from counters.models import Matter
from kernel.errors import Refused
from kernel.wording import Bilingual
from web import consoles, cookies, counter_words, scope

P = ParamSpec("P")
R = TypeVar("R")

CLERK = Bilingual("窗口服務人員", "Counter clerk")


def posts() -> tuple[Post, ...]:
    """Return the visitor's posts at counters, looked up once a request."""
    if "clerk_posts" not in g:
        visitor = scope.visitor()
        g.clerk_posts = (
            () if visitor is None else duty.posts(scope.db(), visitor.member_id, now=scope.now())
        )
    return cast("tuple[Post, ...]", g.clerk_posts)


def forget_posts() -> None:
    """Look the posts up again: the transaction in which they were read is undone."""
    g.pop("clerk_posts", None)


def is_clerk() -> bool:
    """Say whether the visitor has a post at a counter: for the menu."""
    return bool(posts())


def may(matter: Matter) -> Callable[[], bool]:
    """Return the question whether the visitor may do this where they sit: for the menu."""

    def asked() -> bool:
        post = seat()
        return post is not None and matter in post.may and not post.at.counter.is_training

    return asked


def seat() -> Post | None:
    """Return the post at which the visitor sits: the one chosen, else the first that is open."""
    wanted = cookies.seat()
    chosen = next((each for each in posts() if str(each.clerk.id) == wanted), None)
    is_open = next((each for each in posts() if each.refusal() is None), None)
    return chosen or is_open or next(iter(posts()), None)


def clerk_required(matter: Matter) -> Callable[[Callable[P, R]], Callable[P, R | Response]]:
    """Let in a clerk who may do this at the counter they sit at; sets `scope.duty()`.

    Others are sent to sign in or to prove more, and back; or get the refusal that says what is
    missing: the delegation, the matter, the training, the counter itself.
    """

    def decorated(view: Callable[P, R]) -> Callable[P, R | Response]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
            first = seat_needed()
            if first is not None:
                return first
            post = required_seat()
            scope.serve(duty.required(post, matter))
            return view(*args, **kwargs)

        return guarded

    return decorated


def seat_needed() -> Response | None:
    """Return where a clerk must go first to prove who they are; None for who did."""
    first = consoles.proof_needed()
    if first is not None:
        return first
    post = required_seat()
    if consoles.was_away():
        return consoles.confirm()
    consoles.mark_work()
    duty.mark_used(scope.db(), post, now=scope.now())
    g.seat = _seat_words(post)
    return None


def required_seat() -> Post:
    """Return the post at which the visitor sits. Raises Refused `counter.not_delegated`."""
    post = seat()
    if post is None:
        raise Refused("counter.not_delegated")
    return post


def _seat_words(post: Post) -> dict[str, Any]:
    """Return what every page of a clerk shows: the counter, what is broken, what runs out."""
    return {
        "counter": counter_words.name(post.at.counter),
        "status": post.at.status.value,
        "said": counter_words.STATUSES[post.at.status],
        "is_training": post.at.counter.is_training,
        "days_left": post.trained.days_left(post.at.today) if post.trained else None,
        "many": len(posts()) > 1,
    }


def look(
    member_id: UUID, *, case: str | None = None, reason: str = "", claims: Iterable[str] = ()
) -> None:
    """Write that a clerk looks at a member: the member reads which counter, and the case.

    Raises Refused `view.without_reason`.
    """
    consoles.look(
        scope.db(),
        member_id,
        actor=scope.member_id(),
        reason=reason,
        case=case,
        claims=claims,
        office=counter_words.name(required_seat().at.counter),
        role=CLERK,
    )
