"""Let an agency's officers look after its counters; nobody sees another agency's (4, 5)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import trail
from clients.officer_models import Role
from counters import hours, register, standing
from counters.models import Counter, District, Holder
from counters.standing import Standing
from kernel.errors import Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from web import consoles, counter_forms, csrf, pages, scope
from web import counter_words as words
from web.reading_apart import read_apart

bp = Blueprint("agency_counters", __name__, url_prefix="/agency/counters")
STAFF = (Role.OFFICER, Role.MANAGER)
consoles.register_menu(
    "agency_counters.index", Bilingual("申辦窗口", "Counters"), icon="agency", roles=STAFF
)
staff_required = consoles.staff_required(*STAFF)


bp.before_request(csrf.only_our_forms)


@bp.get("")
@staff_required
@read_apart
def index() -> str:
    """List the agency's counters and what each lacks."""
    found = register.of_agency(scope.db(), organisation_id(), now=scope.now())
    return page("counters", counters=[card(each) for each in found])


@bp.get("/new")
@staff_required
def new() -> str:
    """Show the form by which a counter is registered."""
    return _form(None)


@bp.post("/new")
@staff_required
def add() -> Response | str:
    """Register a counter; it is closed until it has what it needs, and is opened."""
    try:
        with scope.step():
            counter = register.register(
                scope.db(),
                organisation_id(),
                counter_forms.typed("code"),
                counter_forms.holder(),
                counter_forms.description(),
                is_training="is_training" in request.form,
                now=scope.now(),
            )
    except Refused as refused:
        return _form(None, refused)
    record("counter.registered", counter)
    return back(counter)


@bp.get("/<code>/edit")
@staff_required
def edit(code: str) -> str:
    """Show the form by which a counter is described anew."""
    return _form(mine(code))


@bp.post("/<code>/edit")
@staff_required
def change(code: str) -> Response | str:
    """Describe a counter anew; the public page says so at once."""
    counter = mine(code)
    try:
        with scope.step():
            register.describe(scope.db(), counter, counter_forms.description())
    except Refused as refused:
        return _form(counter, refused)
    record("counter.described", counter)
    return back(counter)


@bp.post('/<code>/<any("open", "close", "end"):kind>')
@staff_required
def turn(code: str, kind: str) -> Response:
    """Open a counter to the public, close it for now, or end it."""
    counter = mine(code)
    if kind == "open":
        register.open_(scope.db(), counter, now=scope.now())
    elif kind == "close":
        register.close(scope.db(), counter)
    else:
        register.end(scope.db(), counter, now=scope.now())
    record(f"counter.{kind}", counter)
    return redirect(url_for(".index"), 303) if kind == "end" else back(counter)


# What the modules beside this one use as well


def organisation_id() -> UUID:
    """Return the agency in whose name the officer acts."""
    return scope.post().organisation_id or UUID(int=0)  # officers' posts always name one


def mine(code: str) -> Counter:
    """Return a counter of the officer's agency. Raises NotFound."""
    return register.get(scope.db(), code, organisation_id=organisation_id())


def standing_of(counter: Counter) -> Standing:
    """Return how a counter stands now."""
    [at] = standing.of(scope.db(), [counter], now=scope.now())
    return at


def record(event: str, counter: Counter, **detail: str | int) -> None:
    """Write down what an officer did to a counter."""
    trail.record(
        scope.db(),
        event,
        actor=scope.member_id(),
        subject=counter.id,
        now=scope.now(),
        counter=counter.code,
        **detail,
    )


def back(counter: Counter, anchor: str = "") -> Response:
    """Return the way back to a counter's page."""
    return redirect(url_for("agency_counters.show", code=counter.code, _anchor=anchor or None), 303)


def page(template: str, **context: Any) -> str:  # whatever the template needs
    """Render a page about counters in the console."""
    return consoles.page(f"agency/{template}.html", current="agency_counters.index", **context)


def error_words(refused: Refused | None) -> str:
    """Return a refusal in the reader's words, to stand above a form."""
    return "" if refused is None else refusal(refused.code).title.text(pages.language())


def chosen(options: Mapping[Any, Bilingual], value: object) -> list[dict[str, Any]]:
    """Return options of a choice with the chosen one marked."""
    return [
        {"value": each.value, "label": label.text(pages.language()), "chosen": each == value}
        for each, label in options.items()
    ]


def card(at: Standing) -> dict[str, Any]:
    """Return what a list says of a counter."""
    counter = at.counter
    return {
        "code": counter.code,
        "name": words.name(counter),
        "district": words.DISTRICTS[counter.district],
        "holder": words.HOLDERS[counter.holder],
        "status": at.status.value,
        "said": words.STATUSES[at.status],
        "is_training": counter.is_training,
        "is_opened": counter.opened_at is not None,
        "missing": [words.NEEDS[each] for each in at.missing],
    }


def _form(counter: Counter | None, refused: Refused | None = None) -> str:
    return page(
        "counter_form",
        code=None if counter is None else counter.code,
        values=request.form if refused else _kept(counter),
        districts=chosen(words.DISTRICTS, _chosen(counter, "district", District.DAAN)),
        holders=chosen(words.HOLDERS, _chosen(counter, "holder", Holder.STAFF)),
        weekdays=list(zip(hours.DAYS, words.WEEKDAYS, strict=True)),
        error=error_words(refused),
    )


def _chosen(counter: Counter | None, field: str, otherwise: str) -> str:
    return request.form.get(field) or (getattr(counter, field) if counter else otherwise)


def _kept(counter: Counter | None) -> dict[str, str]:
    """Return the fields of the form as they stand."""
    if counter is None:
        return dict.fromkeys(hours.DAYS[:5], "08:30-17:30")
    kept = {day: ", ".join(spans) for day, spans in counter.hours.items()}
    return kept | {
        "name_zh": counter.name_zh,
        "name_en": counter.name_en,
        "address_zh": counter.address_zh,
        "address_en": counter.address_en,
        "phone": counter.phone,
        **({"mails_cards": "yes"} if counter.mails_cards else {}),
    }
