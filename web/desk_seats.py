"""Let clerks in at their counter, and say what a counter and a clerk are called (4, 5, 9)."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import ParamSpec, TypeVar, cast
from uuid import UUID

from flask import g
from werkzeug.wrappers import Response

from counters import duty as duties
from counters.duty import Duty
from counters.models import Counter, Matter
from kernel.errors import NotFound, Refused
from kernel.wording import Bilingual
from web import consoles, scope

P = ParamSpec("P")
R = TypeVar("R")
CLERK = Bilingual("窗口承辦人", "Counter clerk")


def seat_required(view: Callable[P, R]) -> Callable[P, R | Response]:
    """Let in who is on duty at a counter now, and proved more than a password.

    Others are sent to prove it; who is on no duty is told why not.
    """

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        first = consoles.proof_needed()
        if first is not None:
            return first
        g.duty = _chosen()
        return view(*args, **kwargs)

    return guarded


def duty() -> Duty:
    """Return what the clerk may do, and where; only under `seat_required`."""
    return cast("Duty", g.duty)


def is_clerk() -> bool:
    """Say whether the visitor is on duty anywhere."""
    return bool(duties.duties(scope.db(), scope.member_id(), now=scope.now()))


def _chosen() -> Duty:
    held = duties.duties(scope.db(), scope.member_id(), now=scope.now())
    if held:
        return held[0]
    posts = duties.posts(scope.db(), scope.member_id(), now=scope.now())
    raise Refused(next((post.refusal() or "" for post in posts), "counter.not_delegated"))


def require(matter: Matter) -> None:
    """Let the clerk handle a delegated matter only.

    Raises Refused `counter.function_not_delegated`, and what else `counters.duty.require` raises.
    """
    here = duty().counter_id
    duties.require(scope.db(), scope.member_id(), here, matter, now=scope.now())


def others() -> list[tuple[UUID, Bilingual]]:
    """Return the other counters that work now: to them a case can be forwarded."""
    found = duties.open_counters(scope.db(), now=scope.now())
    return [
        (each.counter.id, Bilingual(each.counter.name_zh, each.counter.name_en))
        for each in found
        if each.counter.id != duty().counter_id
    ]


def other(counter_id: UUID) -> UUID:
    """Return a counter to forward to. Raises NotFound for one that does not work now."""
    if counter_id not in {each for each, _ in others()}:
        raise NotFound("counter.not_found")
    return counter_id


def name_of(counter_id: UUID) -> Bilingual:
    """Return what a counter is called. Raises NotFound."""
    found = _counter(counter_id)
    return Bilingual(found.name_zh, found.name_en)


def code_of(counter_id: UUID) -> str:
    """Return the code of a counter. Raises NotFound."""
    return _counter(counter_id).code


def _counter(counter_id: UUID) -> Counter:
    found = scope.db().get(Counter, counter_id)
    if found is None:
        raise NotFound("counter.not_found")
    return found


def look(member_id: UUID, *, case: str, claims: Iterable[str]) -> None:
    """Write into a member's footprint that this clerk looked, in which case."""
    consoles.look(
        scope.db(),
        member_id,
        actor=scope.member_id(),
        case=case,
        claims=claims,
        office=name_of(duty().counter_id),
        role=CLERK,
    )
