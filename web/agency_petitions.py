"""An agency's petitions: looked into and decided by somebody who did not suspend (6(3))."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from clients.models import Organisation, OrganisationKind
from kernel.errors import Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from services import decision_slips, petitions
from services.petition_desk import Desk
from services.petition_models import NoProcess, Petition, Result
from web import (
    consoles,
    counter_forms,
    csrf,
    impartial,
    pages,
    petition_words,
    petitioning,
    scope,
    suspension_words,
)
from web.agency_counters import STAFF, organisation_id, staff_required
from web.reading_apart import read_apart

bp = Blueprint("agency_petitions", __name__, url_prefix="/agency/petitions")
INDEX = "agency_petitions.index"
MOST = 100


bp.before_request(csrf.only_our_forms)


@bp.get("")
@staff_required
@read_apart
def index() -> str:
    """List the agency's petitions, and offer to write one down."""
    return _index()


def _index(error: tuple[str, str] | None = None) -> str:
    found = petitions.of_agency(scope.db(), organisation_id(), most=MOST)
    return consoles.page(
        "agency/petitions.html",
        current=INDEX,
        petitions=[petition_words.card(each) for each in found],
        typed=request.form,
        errors=[error] if error else [],
    )


@bp.post("")
@staff_required
def record_oral() -> Response:
    """Write down what a member says, read it back, and give them a slip (APA 169)."""
    try:
        with scope.step():
            made = _recorded()
    except Refused as refused:
        entry = refusal(refused.code)
        error = ("number", entry.title.text(pages.language()))
        return Response(_index(error), entry.status, mimetype="text/html")
    return redirect(url_for(".slip", reference=made.reference), 303)


def _recorded() -> Petition:
    finding = petitioning.meant(scope.db(), counter_forms.typed("number"))
    if finding.run.service.organisation_id != organisation_id():
        raise Refused("appeal.out_of_scope")
    plea = petitions.spoken(
        request.form.get("words", ""),
        by=scope.member_id(),
        is_read_back="read_back" in request.form,
        is_signed="signed" in request.form,
    )
    return petitioning.file(
        scope.db(),
        finding,
        plea,
        by=scope.member_id(),
        keyring=scope.rooms().keyring,
        now=scope.now(),
    )


@bp.get("/<reference>/slip")
@staff_required
def slip(reference: str) -> str:
    """Show the slip to print for who has no login."""
    mine = _mine(reference)
    return consoles.page(
        "agency/petition_slip.html",
        current=INDEX,
        number=mine.reference,
        code=decision_slips.code(mine.id, keyring=scope.rooms().keyring),
        address=url_for("petition.ask", _external=True),
        back=url_for(".one", reference=mine.reference),
    )


def _mine(reference: str) -> Petition:
    return petitions.get(scope.db(), reference, organisation_id=organisation_id())


@bp.get("/<reference>")
@staff_required
def one(reference: str) -> str:
    """Show a petition; the member sees that somebody looked."""
    return _page(_mine(reference))


def _page(mine: Petition, error: tuple[str, str] | None = None) -> str:
    consoles.look(scope.db(), mine.member_id, actor=scope.member_id(), case=mine.reference)
    others = scope.db().scalars(
        select(Organisation)
        .where(Organisation.kind == OrganisationKind.AGENCY, Organisation.id != organisation_id())
        .order_by(Organisation.name_zh)
    )
    return consoles.page(
        "agency/petition.html",
        current=INDEX,
        petition=petition_words.whole(mine),
        decision=suspension_words.of(mine.finding),
        state=mine.state.value,
        is_own=scope.member_id() in {mine.suspended_by, mine.found_by, mine.member_id},
        results=_choices(petition_words.RESULTS),
        grounds=_choices(petition_words.GROUNDS),
        agencies=[
            {
                "value": each.id,
                "label": Bilingual(each.name_zh, each.name_en).text(pages.language()),
            }
            for each in others
        ],
        typed=request.form,
        errors=[error] if error else [],
    )


def _choices(words: dict[Any, Bilingual]) -> list[dict[str, Any]]:
    chosen = {*request.form.values()}
    return [
        {
            "value": each.value,
            "label": label.text(pages.language()),
            "checked": each.value in chosen,
            "chosen": each.value in chosen,
        }
        for each, label in words.items()
    ]


@bp.post('/<reference>/<any("accept", "investigate", "decide", "refer", "turn-away"):verb>')
@staff_required
def move(reference: str, verb: str) -> Response:
    """Do the next thing to a petition, and tell its member."""
    mine = _mine(reference)
    desk = Desk(
        session=scope.db(),
        keyring=scope.rooms().keyring,
        by=scope.member_id(),
        now=scope.now(),
    )
    try:
        impartial.require(mine.member_id)
        VERBS[verb](desk, mine)
    except Refused as refused:
        entry = refusal(refused.code)
        error = (f"words-{verb}", entry.title.text(pages.language()))
        scope.abandon(refused)
        return Response(_page(_mine(reference), error), entry.status, mimetype="text/html")
    petitioning.moved(scope.db(), mine, by=scope.member_id(), now=scope.now())
    return redirect(url_for(".one", reference=mine.reference), 303)


def _words(verb: str) -> str:
    return request.form.get(f"words-{verb}", "")


def _decide(desk: Desk, mine: Petition) -> None:
    desk.decide(mine, _named(Result, "result"), _words("decide"))


def _refer(desk: Desk, mine: Petition) -> None:
    try:
        to = scope.db().get(Organisation, UUID(counter_forms.typed("to")))
    except ValueError:
        to = None
    if to is None or to.kind is not OrganisationKind.AGENCY or to.id == mine.organisation_id:
        raise Refused("appeal.choice_missing")
    desk.refer(mine, to.id, _words("refer"))


def _turn_away(desk: Desk, mine: Petition) -> None:
    desk.turn_away(mine, _named(NoProcess, "ground"), _words("turn-away"))


def _named(choices: Any, field: str) -> Any:  # an enum and one of its members
    for each in choices:
        if each.value == request.form.get(field):
            return each
    raise Refused("appeal.choice_missing")


VERBS: dict[str, Callable[[Desk, Petition], None]] = {
    "accept": Desk.accept,
    "investigate": lambda desk, mine: desk.investigate(mine, _words("investigate")),
    "decide": _decide,
    "refer": _refer,
    "turn-away": _turn_away,
}


def _waiting() -> int:
    post = consoles.chosen(STAFF)
    if post is None or post.organisation_id is None:
        return 0
    found = petitions.of_agency(scope.db(), post.organisation_id, most=MOST)
    return sum(each.state in petitions.OPEN for each in found)


consoles.register_menu(
    INDEX, Bilingual("陳情", "Petitions"), icon="letter", roles=STAFF, waits=_waiting
)
