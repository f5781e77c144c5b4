"""/counter/online-queue: confirm what was applied for online, the documents in hand (8(2)2)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from audit import trail
from counters.models import Matter
from kernel.clock import taipei_day
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from members import admission, application_decisions, application_intake, applications, sealed_forms
from members.admission import DocumentsMissing
from members.application_forms import Form, Seen
from members.application_models import Application, Document, State
from members.application_steps import LONGEST, get, lock
from members.numbers import recognise
from web import (
    apply_words,
    clerks,
    consoles,
    desk_forms,
    desk_seats,
    impartial,
    pages,
    scope,
    shown_forms,
)
from web.desk import bp
from web.desk_forms import Mistyped

consoles.register_menu(
    "desk.online",
    Bilingual("線上申辦", "Online queue"),
    icon="device",
    may=clerks.may(Matter.ACCEPT),
)
EXPIRING = frozenset({Document.PASSPORT, Document.RESIDENCE_PERMIT})


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """One application in the queue: no name before somebody comes with its number."""

    number: str
    kind: str
    submitted_at: datetime
    url: str


@bp.get("/online-queue")
@clerks.clerk_required(Matter.ACCEPT)
def online() -> str:
    """List what waits for this counter, or for any: whoever has the documents in hand confirms."""
    everywhere = request.args.get("all") == "yes"
    here = None if everywhere else scope.duty().counter_id
    found = applications.waiting_for_confirmation(scope.db(), counter_id=here)
    listed = [
        Waiting(
            number=each.number,
            kind=apply_words.of_kind(each.kind),
            submitted_at=each.submitted_at,
            url=url_for("desk.online_one", application_id=each.id),
        )
        for each in found
    ]
    return consoles.page("desk/online.html", waiting=listed, everywhere=everywhere)


@bp.get("/online-queue/<uuid:application_id>")
@clerks.clerk_required(Matter.ACCEPT)
def online_one(application_id: UUID) -> str:
    """Show an application beside the documents."""
    return _show(_waiting(application_id))


def _waiting(application_id: UUID) -> Application:
    found = get(scope.db(), application_id)
    if found.state is not State.CONFIRMING:
        raise NotFound("application.not_found")
    return found


def _show(application: Application, error: str = "", field: str = "") -> str:
    """Show an application; that a clerk looked is on the trail, however often it is shown.

    What was ticked and typed off the papers beside another form of it is not kept.
    """
    _note_look(application)
    typed = request.form if shown_forms.is_shown(application) else MultiDict[str, str]()
    form = sealed_forms.read(application, keyring=scope.rooms().keyring)
    ways = _ways(application, form)
    papers = list(dict.fromkeys(each for way in ways for each in way))
    number = recognise(form.number)
    return consoles.page(
        "desk/online_one.html",
        number=application.number,
        kind=apply_words.of_kind(form.kind),
        form=form,
        masked=number.masked,
        last_four=number.last_four,
        guardian=form.guardian.name if form.guardian else "",
        is_assistant=admission.is_assistant(form),
        ways=[apply_words.of_documents(way) for way in ways],
        papers=[(each.value, apply_words.of_document(each), each in EXPIRING) for each in papers],
        ticked=typed.getlist("paper"),
        typed=typed,
        reason=request.form.get("reason", "")[:LONGEST],
        mark=sealed_forms.mark(application),
        confirm_url=url_for("desk.confirm_online", application_id=application.id),
        back_url=url_for("desk.send_back_online", application_id=application.id),
        errors=[(field, error)] if error else [],
    )


def _note_look(application: Application) -> None:
    trail.record(
        scope.db(),
        "application.viewed",
        actor=scope.member_id(),
        subject=application.id,
        now=scope.now(),
        case=application.number,
    )


def _ways(application: Application, form: Form) -> tuple[tuple[Document, ...], ...]:
    return admission.wanted(
        form,
        has_guardians_yes=application.guardian_approved_at is not None,
        today=taipei_day(scope.now()),
    )


@bp.post("/online-queue/<uuid:application_id>/confirm")
@clerks.clerk_required(Matter.ACCEPT)
def confirm_online(application_id: UUID) -> Response:
    """Send an application on to the Bureau: the documents are here and fit what was shown."""
    lock(scope.db(), application_id)
    application = _waiting(application_id)
    try:
        impartial.require(application.guardian_id)
        shown_forms.require(application)
        application_intake.confirm(
            scope.db(),
            application.id,
            counter_id=scope.duty().counter_id,
            clerk_id=scope.member_id(),
            documents=_seen(application),
            keyring=scope.rooms().keyring,
            now=scope.now(),
        )
    except Mistyped as mistake:
        field, words = mistake.errors[0]
        return _again(application_id, words, 422, field)
    except DocumentsMissing as lacking:
        missing = "、".join(apply_words.of_documents(lacking.missing))
        words = refusal(lacking.code).title.text(pages.language())
        return _again(application_id, f"{words} {missing}", 422)
    except Refused as refused:
        entry = refusal(refused.code)
        return _again(
            application_id, entry.title.text(pages.language()), entry.status, refused=refused
        )
    return redirect(url_for("desk.online"), 303)


def _seen(application: Application) -> list[Seen]:
    form = sealed_forms.read(application, keyring=scope.rooms().keyring)
    known = {each for way in _ways(application, form) for each in way}
    return [
        _document(each) for each in sorted(known) if each.value in request.form.getlist("paper")
    ]


def _document(document: Document) -> Seen:
    name = f"until.{document.value}"
    ends = request.form.get(name, "")[: desk_forms.LONGEST]
    return Seen(
        document=document,
        number=request.form.get(f"number.{document.value}", "")[: desk_forms.LONGEST],
        expires_on=desk_forms.day(ends, name) if ends.strip() else None,
    )


@bp.post("/online-queue/<uuid:application_id>/send-back")
@clerks.clerk_required(Matter.ACCEPT)
def send_back_online(application_id: UUID) -> Response:
    """Ask the applicant to correct something, in words they read."""
    lock(scope.db(), application_id)
    application = _waiting(application_id)
    try:
        shown_forms.require(application)
        application_decisions.send_back(
            scope.db(),
            application.id,
            by=scope.member_id(),
            reason=request.form.get("reason", ""),
            keyring=scope.rooms().keyring,
            now=scope.now(),
        )
    except Refused as refused:
        entry = refusal(refused.code)
        return _again(
            application_id,
            entry.title.text(pages.language()),
            entry.status,
            "reason",
            refused=refused,
        )
    return redirect(url_for("desk.online"), 303)


def _again(
    application_id: UUID,
    words: str,
    status: int,
    field: str = "",
    *,
    refused: Refused | None = None,
) -> Response:
    desk_seats.undo(refused)
    page = _show(_waiting(application_id), words, field)
    return Response(page, status, mimetype="text/html")
