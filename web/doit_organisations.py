"""The Bureau's register of agencies: enter, rename, place, end; each from a day to come (2(1))."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import trail
from clients import bases, organisations
from clients.models import Body, Organisation, OrganisationKind
from clients.officer_models import Role
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from web import consoles, counter_forms, csrf, pages, scope
from web import organisation_words as words
from web.reading_apart import read_apart

bp = Blueprint("doit_organisations", __name__, url_prefix="/doit/organisations")
INDEX = "doit_organisations.index"
FIELDS = {
    "organisation.name_missing": "name_zh",
    "organisation.parent_invalid": "parent",
    "organisation.document_missing": "document_number",
    "organisation.day_begun": "from_on",
    "organisation.renamed_already": "from_on",
    "form.day_missing": "from_on",
    "organisation.successor_invalid": "successor",
    "organisation.has_children": "successor",
}
TYPED = "name_zh name_en body parent from_on document_number ends_on successor".split()


bp.before_request(csrf.only_our_forms)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One agency in the register."""

    url: str
    name: Bilingual
    body: Bilingual
    parent: Bilingual | None
    ends_on: date | None


@bp.get("")
@consoles.staff_required(Role.REVIEWER)
@read_apart
def index() -> str:
    """List the agencies, each under the one it belongs to."""
    found = organisations.listed(scope.db(), OrganisationKind.AGENCY)
    return consoles.page(
        "console/organisations.html", current=INDEX, rows=_rows(found), flashes=_done()
    )


def _rows(found: Sequence[Organisation], parent: Organisation | None = None) -> list[Row]:
    rows: list[Row] = []
    for each in found:
        if each.parent_id == (None if parent is None else parent.id):
            rows += [_row(each, parent), *_rows(found, each)]
    return rows


def _row(each: Organisation, parent: Organisation | None) -> Row:
    return Row(
        url=url_for("doit_organisations.one", organisation_id=each.id),
        name=words.name(each),
        body=words.BODIES[each.body],
        parent=None if parent is None else words.name(parent),
        ends_on=each.ends_on,
    )


def _done() -> list[str]:
    return pages.just_done(
        {
            "entered": pages.say("已登錄。"),
            "renamed": pages.say("已登錄，那一天零時起用新名稱。"),
            "moved": pages.say("已調整隸屬。"),
            "ending": pages.say("已登錄，那一天零時起裁撤。"),
        }
    )


@bp.get("/new")
@consoles.staff_required(Role.REVIEWER)
def new() -> str:
    """Show the form of an agency that is to be entered."""
    return _form()


@bp.post("/new")
@consoles.staff_required(Role.REVIEWER)
def enter() -> Response | str:
    """Enter an agency."""
    try:
        with scope.step():
            organisation = organisations.enter(
                scope.db(), _name(), _body(), parent_id=_chosen("parent"), now=scope.now()
            )
    except Refused as refused:
        return _form(refused)
    _record("organisation.entered", organisation, body=organisation.body.value)
    return _to(organisation, "entered")


@bp.get("/<uuid:organisation_id>")
@consoles.staff_required(Role.REVIEWER)
def one(organisation_id: UUID) -> str:
    """Show an agency: its names, its place, what it may rest on, and what can be changed."""
    return _page(_agency(organisation_id))


@bp.post('/<uuid:organisation_id>/<any("rename", "move", "end"):what>')
@consoles.staff_required(Role.REVIEWER)
def change(organisation_id: UUID, what: str) -> Response | str:
    """Rename an agency from a day on, place it elsewhere, or let it end."""
    organisation = _agency(organisation_id)
    try:
        with scope.step():
            event, done = _change(organisation, what)
    except Refused as refused:
        return _page(organisation, refused)
    _record(
        event,
        organisation,
        **{name: value for name, value in _typed().items() if name in {"from_on", "ends_on"}},
    )
    return _to(organisation, done)


def _change(organisation: Organisation, what: str) -> tuple[str, str]:
    session, now = scope.db(), scope.now()
    if what == "move":
        organisations.move(session, organisation, _chosen("parent"))
        return "organisation.moved", "moved"
    if what == "end":
        on, heir = counter_forms.day("ends_on"), _chosen("successor")
        organisations.end(session, organisation, on=on, successor_id=heir, now=now)
        return "organisation.ending", "ending"
    organisations.rename(
        session,
        organisation,
        _name(),
        from_on=counter_forms.day("from_on"),
        document_number=counter_forms.typed("document_number"),
        by=scope.member_id(),
        now=now,
    )
    return "organisation.name_recorded", "renamed"


def _agency(organisation_id: UUID) -> Organisation:
    found = organisations.get(scope.db(), organisation_id)
    if found.kind is not OrganisationKind.AGENCY:
        raise NotFound("organisation.not_found")
    return found


def _name() -> Bilingual:
    return Bilingual(counter_forms.typed("name_zh"), counter_forms.typed("name_en"))


def _body() -> Body:
    typed = counter_forms.typed("body")
    return next((each for each in organisations.OF_AGENCIES if each == typed), Body.DEPARTMENT)


def _chosen(field: str) -> UUID | None:
    """Return the agency that was chosen; one that is none is refused as the others are."""
    typed = counter_forms.typed(field)
    if not typed:
        return None
    try:
        return UUID(typed)
    except ValueError:
        return UUID(int=0)


def _record(event: str, organisation: Organisation, **detail: str) -> None:
    trail.record(
        scope.db(),
        event,
        actor=scope.member_id(),
        subject=organisation.id,
        now=scope.now(),
        **detail,
    )


def _to(organisation: Organisation, done: str) -> Response:
    return redirect(
        url_for("doit_organisations.one", organisation_id=organisation.id, done=done), 303
    )


def _typed() -> dict[str, str]:
    return {name: counter_forms.typed(name) for name in TYPED}


def _errors(refused: Refused | None) -> list[tuple[str, str]]:
    if refused is None:
        return []
    field = FIELDS.get(refused.code, "name_zh")
    if field == "from_on" and "ends_on" in request.form:
        field = "ends_on"
    return [(field, refusal(refused.code).title.text(pages.language()))]


def _options(chosen: str, *, without: UUID | None = None) -> list[dict[str, Any]]:
    found = organisations.listed(scope.db(), OrganisationKind.AGENCY)
    return [
        {
            "value": each.id,
            "label": words.name(each).text(pages.language()),
            "chosen": str(each.id) == chosen,
        }
        for each in found
        if each.id != without and each.ends_on is None
    ]


def _form(refused: Refused | None = None) -> str:
    typed = _typed()
    return consoles.page(
        "console/organisation_form.html",
        current=INDEX,
        bodies=[
            {
                "value": each.value,
                "label": label.text(pages.language()),
                "detail": pages.say("；").join(
                    basis.words.text(pages.language()) for basis in bases.offered(each)
                ),
                "checked": each.value == (typed["body"] or Body.DEPARTMENT),
            }
            for each, label in words.BODIES.items()
            if each in organisations.OF_AGENCIES
        ],
        parents=_options(typed["parent"]),
        typed=typed,
        errors=_errors(refused),
    )


def _page(organisation: Organisation, refused: Refused | None = None) -> str:
    session, typed = scope.db(), _typed()
    parent, heir = (
        None if each is None else words.name(organisations.get(session, each))
        for each in (organisation.parent_id, organisation.successor_id)
    )
    return consoles.page(
        "console/organisation.html",
        current=INDEX,
        it=organisation,
        name=words.name(organisation),
        body=words.BODIES[organisation.body],
        parent=parent,
        heir=heir,
        names=[
            (Bilingual(each.name_zh, each.name_en), each.from_on, each.document_number)
            for each in organisations.names(session, organisation.id)
        ],
        bases=[each.words for each in bases.offered(organisation.body)],
        parents=_options(str(organisation.parent_id), without=organisation.id),
        heirs=_options(typed["successor"], without=organisation.id),
        typed=typed,
        errors=_errors(refused),
        flashes=_done(),
    )


consoles.register_menu(INDEX, Bilingual("機關", "Agencies"), icon="agency", roles=[Role.REVIEWER])
