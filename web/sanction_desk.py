"""Sanctions at an agency and at the Bureau: the same pages, each house with its own (6(1))."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from audit import trail
from clients.models import Client
from clients.officer_models import Role
from idp import subjects
from kernel.clock import taipei_day
from kernel.errors import Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from members import register
from services import misuse, sanctions
from services.models import Service
from services.sanction_models import Sanction
from services.sanctions import Charge, Ruling
from web import consoles, counter_forms, csrf, impartial, pages, sanction_words, sanctioning, scope

MOST = 100
LONGEST = 2000  # characters


def _house() -> UUID | None:
    return scope.post().organisation_id


def index() -> str:
    """List the house's sanctions, and offer to report misuse."""
    return _index()


def _index(error: tuple[str, str] | None = None) -> str:
    found = sanctions.of_house(scope.db(), _house(), most=MOST)
    offered = select(Service).where(Service.closed_at.is_(None)).order_by(Service.code)
    if _house() is not None:
        offered = offered.where(Service.organisation_id == _house())
    services = scope.db().scalars(offered)
    return consoles.page(
        "console/sanctions.html",
        current=f"{request.blueprint}.index",
        sanctions=[sanction_words.card(each) for each in found],
        services=[
            {"code": each.code, "name": Bilingual(each.name_zh, each.name_en)} for each in services
        ],
        chosen=request.form.getlist("services"),
        first=taipei_day(scope.now()) + sanctions.HEARING,
        is_bureau=_house() is None,
        reports=misuse.waiting(scope.db(), most=MOST) if _house() is None else [],
        typed=request.form,
        errors=[error] if error else [],
    )


def report() -> Response:
    """Open a case about the member that was named, and give them time to answer."""
    by, now = scope.member_id(), scope.now()
    try:
        meant = _meant()
        impartial.require(meant)
        sanction = sanctions.report(
            scope.db(),
            meant,
            _charge(),
            organisation_id=_house(),
            by=by,
            keyring=scope.rooms().keyring,
            now=now,
        )
    except Refused as refused:
        field = "who" if refused.code == "standing.nobody" else "facts"
        return _refused(refused, lambda title: _index((field, title)))
    sanctioning.moved(scope.db(), sanction, sanctioning.REPORTED, by=by, now=now)
    return redirect(url_for(".one", reference=sanction.reference), 303)


def _meant() -> UUID:
    """Return who is meant: by account name at the Bureau, as its systems know them at an agency.

    Raises Refused `standing.nobody`.
    """
    typed = request.form.get("who", "")[:128].strip()
    if _house() is None:
        member = register.find_by_login(scope.db(), typed)
        found = None if member is None else member.id
    else:
        own = select(Client.sector).where(Client.organisation_id == _house()).distinct()
        named = [
            subjects.find_member(scope.db(), typed, sector=sector)
            for sector in scope.db().scalars(own)
        ]
        found = next((each for each in named if each is not None), None)
    if found is None:
        raise Refused("standing.nobody")
    return found


def _charge() -> Charge:
    return Charge(
        clause=counter_forms.typed("clause"),
        evidence=counter_forms.typed("evidence"),
        facts=request.form.get("facts", "")[:LONGEST],
        services=[code[:64] for code in request.form.getlist("services") if code.isidentifier()],
        hear_by=counter_forms.day("hear_by"),
    )


def one(reference: str) -> str:
    """Show one sanction; the member sees that somebody looked."""
    return _page(_mine(reference))


def _mine(reference: str) -> Sanction:
    return sanctions.get(scope.db(), reference, organisation_id=_house())


def _page(mine: Sanction, error: tuple[str, str] | None = None) -> str:
    consoles.look(scope.db(), mine.member_id, actor=scope.member_id(), case=mine.reference)
    return consoles.page(
        "console/sanction.html",
        current=f"{request.blueprint}.index",
        sanction=sanction_words.whole(mine),
        letters=sanctions.mark_of_letters(mine),
        is_own=scope.member_id() in {mine.reported_by, mine.member_id},
        today=taipei_day(scope.now()),
        typed=request.form,
        errors=[error] if error else [],
    )


def determine(reference: str) -> Response:
    """Put it into force, as a second person."""
    mine, by, now = _mine(reference), scope.member_id(), scope.now()
    try:
        impartial.require(mine.member_id)
        ruling = Ruling(
            starts_on=counter_forms.day("starts_on"),
            ends_on=counter_forms.day("ends_on"),
            reason=request.form.get("reason", "")[:LONGEST],
        )
        keyring = scope.rooms().keyring
        read = request.form.get("letters", "")
        sanctions.determine(scope.db(), mine, ruling, by=by, read=read, keyring=keyring, now=now)
    except Refused as refused:
        return _refused(refused, lambda title: _page(_mine(reference), ("starts_on", title)))
    sanctioning.moved(scope.db(), mine, sanctioning.DETERMINED, by=by, now=now)
    return redirect(url_for(".one", reference=mine.reference), 303)


def end(reference: str) -> Response:
    """Lift it, or drop what was not determined, for a written reason."""
    mine, by, now = _mine(reference), scope.member_id(), scope.now()
    reason, keyring = request.form.get("why", "")[:LONGEST], scope.rooms().keyring
    try:
        impartial.require(mine.member_id)
        sanctions.end(scope.db(), mine, reason, by=by, keyring=keyring, now=now)
    except Refused as refused:
        return _refused(refused, lambda title: _page(_mine(reference), ("why", title)))
    sanctioning.moved(scope.db(), mine, sanctioning.ENDED, by=by, now=now)
    return redirect(url_for(".one", reference=mine.reference), 303)


def _refused(refused: Refused, again: Callable[[str], str]) -> Response:
    scope.abandon(refused)
    entry = refusal(refused.code)
    page = again(entry.title.text(pages.language()))
    return Response(page, entry.status, mimetype="text/html")


def close_report(reference: str) -> Response:
    """Note in which file a member's report of misuse was looked into."""
    by, document = scope.member_id(), counter_forms.typed("document")
    try:
        row = misuse.close(scope.db(), reference, document, by=by, now=scope.now())
        impartial.require(row.member_id)
    except Refused as refused:
        if refused.code != "sanction.incomplete":
            raise
        return _refused(refused, lambda title: _index((f"document-{reference}", title)))
    trail.record(
        scope.db(),
        "misuse.closed",
        actor=by,
        subject=row.member_id,
        now=scope.now(),
        reference=row.reference,
    )
    return redirect(url_for(".index"), 303)


ROUTES: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("GET", "", index),
    ("POST", "", report),
    ("GET", "/<reference>", one),
    ("POST", "/<reference>/determine", determine),
    ("POST", "/<reference>/end", end),
)


def _blueprint(name: str, url: str, *roles: Role) -> Blueprint:
    bp = Blueprint(name, __name__, url_prefix=url)
    bp.before_request(csrf.only_our_forms)
    for method, rule, view in ROUTES:
        guarded = consoles.staff_required(*roles)(view)
        bp.add_url_rule(rule, view.__name__, guarded, methods=[method])
    return bp


agency = _blueprint("agency_sanctions", "/agency/sanctions", Role.OFFICER, Role.MANAGER)
bureau = _blueprint("doit_sanctions", "/doit/sanctions", Role.REVIEWER)
bureau.add_url_rule(
    "/reports/<reference>/close",
    "close_report",
    consoles.staff_required(Role.REVIEWER)(close_report),
    methods=["POST"],
)
LABEL = Bilingual("違規停權", "Sanctions")
consoles.register_menu(
    "agency_sanctions.index", LABEL, icon="shield", roles=[Role.OFFICER, Role.MANAGER]
)
consoles.register_menu(
    "doit_sanctions.index",
    LABEL,
    icon="shield",
    roles=[Role.REVIEWER],
    waits=lambda: misuse.count(scope.db()),
)
