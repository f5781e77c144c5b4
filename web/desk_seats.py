"""Let clerks in at the counter they sit at, and say what other counters there are (4, 9)."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar
from uuid import UUID

from werkzeug.wrappers import Response

from counters import duty as duties
from counters import terms
from counters.duty import Duty
from counters.models import Counter, Matter
from counters.standing import Standing
from counters.terms import Workdays
from kernel.errors import NotFound, Refused
from kernel.wording import Bilingual
from web import clerks, scope

P = ParamSpec("P")
R = TypeVar("R")


def seat_required(view: Callable[P, R]) -> Callable[P, R | Response]:
    """Let in a clerk who may do anything where they sit; what, the case decides (`require`).

    Others are sent to prove more, or get the refusal that says what is missing.
    """

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R | Response:
        first = clerks.seat_needed()
        if first is not None:
            return first
        post = clerks.required_seat()
        scope.serve(duties.admitted(post, min(post.may, default=Matter.ACCEPT)))
        return view(*args, **kwargs)

    return guarded


def duty() -> Duty:
    """Return what the clerk may do, and where; only under `seat_required`."""
    return scope.duty()


def require(matter: Matter) -> None:
    """Let the clerk handle a delegated matter only. Raises what `counters.duty.admitted` raises."""
    duties.admitted(clerks.required_seat(), matter)


def require_service(code: str, *, elsewhere: UUID | None = None) -> None:
    """Take in what the delegation of the counter that does it covers: this one, or one `elsewhere`.

    A delegation that names no service covers none (4): nor does the public page list any. Where
    clerks practise everything is tried. Raises Refused `counter.function_not_delegated`.
    """
    if duty().is_training:
        return
    at = _standings().get(elsewhere or duty().counter_id)
    if at is None or code not in at.services:
        raise Refused("counter.function_not_delegated")


def covered() -> frozenset[str] | None:
    """Return the services that can be asked for here, or sent on; None where all are tried."""
    if duty().is_training:
        return None
    return frozenset(code for each in _standings().values() for code in each.services)


def _standings() -> dict[UUID, Standing]:
    """Return this counter, and those to which a case can be forwarded."""
    here = clerks.required_seat().at
    found = duties.open_counters(scope.db(), now=scope.now())
    return {each.counter.id: each for each in (*found, here)}


def undo(refused: Refused | None = None) -> None:
    """Undo this request's transaction, and look up anew who sits here: the page is shown again."""
    scope.abandon(refused)
    clerks.forget_posts()


def others() -> list[tuple[UUID, Bilingual]]:
    """Return the other counters that work now: to them a case can be forwarded."""
    if duty().is_training:
        return []
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


def workdays(counter_id: UUID) -> Workdays:
    """Return the days on which a counter works. Raises NotFound."""
    return terms.workdays(scope.db(), counter(counter_id))


def name_of(counter_id: UUID) -> Bilingual:
    """Return what a counter is called. Raises NotFound."""
    found = counter(counter_id)
    return Bilingual(found.name_zh, found.name_en)


def counter(counter_id: UUID) -> Counter:
    """Return a counter. Raises NotFound."""
    found = scope.db().get(Counter, counter_id)
    if found is None:
        raise NotFound("counter.not_found")
    return found
