"""Let officers equip a counter: desks, clerks, training, readers, days off (5(1) to 5(3))."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias
from uuid import UUID

from flask import request
from sqlalchemy import select
from werkzeug.wrappers import Response

from counters import published, readers, register, staff, training
from counters.models import Clerk, Counter, Reader, ReaderKind
from counters.standing import Standing
from kernel.errors import NotFound, Refused
from members import register as people
from members.models import Member
from web import agency_counters as counters
from web import agency_delegations, consoles, counter_forms, scope
from web import counter_words as words
from web.agency_counters import bp, staff_required
from web.counter_forms import typed

Added: TypeAlias = dict[str, str]
APPOINTED = "派任窗口服務人員"
TRAINED = "登錄教育訓練"
# Where on the page each part stands, which is also where its mistakes are told.
ANCHORS = {"desk": "desks", "clerk": "clerks", "training": "clerks", "reader": "readers"}


@bp.get("/<code>")
@staff_required
def show(code: str) -> str:
    """Show a counter with everything that decides what it can do."""
    return _page(counters.mine(code))


@bp.post('/<code>/add/<any("desk", "clerk", "training", "reader", "day"):kind>')
@staff_required
def equip(code: str, kind: str) -> Response | str:
    """Add a desk, a clerk, a training, a reader, or a day off."""
    counter = counters.mine(code)
    try:
        with scope.step():
            added = _ADDING[kind](counter)
    except NotFound:
        raise  # somebody else removed it meanwhile
    except Refused as refused:
        return _page(counter, kind, refused)
    counters.record(f"counter.{kind}_added", counter, **added)
    return counters.back(counter, ANCHORS.get(kind, "days"))


@bp.post('/<code>/remove/<any("desk", "clerk", "reader"):kind>/<uuid:part_id>')
@staff_required
def take_away(code: str, kind: str, part_id: UUID) -> Response:
    """Remove a desk, dismiss a clerk, take a reader out of the register."""
    counter = counters.mine(code)
    if kind == "desk":
        staff.remove_desk(scope.db(), counter, part_id, now=scope.now())
    elif kind == "clerk":
        staff.dismiss(scope.db(), counter, part_id, now=scope.now())
    else:
        readers.remove(scope.db(), readers.get(scope.db(), counter, part_id), now=scope.now())
    counters.record(f"counter.{kind}_removed", counter, **{kind: str(part_id)})
    return counters.back(counter, ANCHORS[kind])


@bp.post("/<code>/remove-day")
@staff_required
def work(code: str) -> Response:
    """Take a day off back."""
    counter = counters.mine(code)
    day = counter_forms.day("day")
    register.work_on(scope.db(), counter, day)
    counters.record("counter.day_removed", counter, day=day.isoformat())
    return counters.back(counter, "days")


# What was added, for the trail.


def _add_desk(counter: Counter) -> Added:
    return {"desk": str(staff.add_desk(scope.db(), counter, typed("desk"), now=scope.now()))}


def _add_clerk(counter: Counter) -> Added:
    """Appoint a member by account name; they read in their footprint that it was looked up."""
    member = people.find_by_login(scope.db(), typed("login_id"))
    if member is None:
        raise Refused("counter.clerk_not_active")
    clerk_id = staff.appoint(scope.db(), counter, member.id, now=scope.now())
    consoles.look(scope.db(), member.id, actor=scope.member_id(), reason=APPOINTED)
    return {"clerk": str(clerk_id)}


def _add_training(counter: Counter) -> Added:
    clerk = staff.get(scope.db(), counter, _id("clerk_id"))
    course = training.get_course(scope.db(), counter_forms.number("version"))
    training.passed(
        scope.db(),
        course,
        member_id=clerk.member_id,
        on=counter_forms.day("trained_on"),
        score=counter_forms.number("score"),
        now=scope.now(),
    )
    consoles.look(scope.db(), clerk.member_id, actor=scope.member_id(), reason=TRAINED)
    return {"clerk": str(clerk.id)}


def _add_reader(counter: Counter) -> Added:
    added = readers.add(scope.db(), counter, counter_forms.reader(), now=scope.now())
    return {"reader": str(added)}


def _close_for_a_day(counter: Counter) -> Added:
    day = counter_forms.day("day")
    register.close_on(scope.db(), counter, day, typed("note"), now=scope.now())
    return {"day": day.isoformat()}


_ADDING: Mapping[str, Callable[[Counter], Added]] = {
    "desk": _add_desk,
    "clerk": _add_clerk,
    "training": _add_training,
    "reader": _add_reader,
    "day": _close_for_a_day,
}


def _id(name: str) -> UUID:
    try:
        return UUID(typed(name))
    except ValueError:
        raise NotFound("counter.not_found") from None


def _page(counter: Counter, kind: str = "", refused: Refused | None = None) -> str:
    at = counters.standing_of(counter)
    return counters.page(
        "counter",
        **counters.card(at),
        is_public=published.is_public(at),
        delegations=[agency_delegations.card(row, counter) for row in at.delegations],
        desks=at.desks,
        clerks=_clerks(at),
        courses=training.courses(scope.db()),
        readers=[_reader(each) for each in at.readers],
        reader_kinds=counters.chosen(
            words.READERS, request.form.get("reader_kind") or ReaderKind.BOTH
        ),
        days_off=register.closures(scope.db(), counter.id, now=scope.now()),
        wrong=kind,
        error=counters.error_words(refused),
        values=request.form,
    )


def _clerks(at: Standing) -> list[dict[str, Any]]:
    logins = _logins(at.clerks)
    return [
        {
            "id": str(each.id),
            "login": logins.get(each.member_id, ""),
            "trained": at.training.get(each.member_id),
            "counts": at.is_trained(each.member_id),
        }
        for each in at.clerks
    ]


def _logins(clerks: Iterable[Clerk]) -> dict[UUID, str]:
    ids = [each.member_id for each in clerks]
    found = scope.db().execute(select(Member.id, Member.login).where(Member.id.in_(ids)))
    return {row.id: row.login for row in found}


def _reader(row: Reader) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "serial": row.serial,
        "model": row.model,
        "firmware": row.firmware,
        "kind": words.READERS[row.kind],
        "is_broken": row.broken_at is not None,
        "tested_at": row.tested_at,
    }
