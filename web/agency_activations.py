"""An agency's queue: who applies for its services, and who calls a note wrong (2(8)6, 10-II)."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from audit import footprint, trail
from audit.lines import Kind
from clients.claims import BY_NAME
from counters import terms
from kernel.clock import taipei_day
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from members import register
from services import activation_requests, activations, lifecycle, mistaken_suspensions
from services import consolidation_docket as docket
from services.activations import Provenance
from services.eligibility_models import Finding
from services.models import Activation, ActivationNote, Channel, Service
from services.request_models import ActivationRequest
from web import annex_fields, consoles, counter_forms, csrf, impartial, notices, pages, scope
from web.agency_services import STAFF, organisation_id
from web.mails import Mail
from web.reading_apart import read_apart
from web.service_words import WISHES

bp = Blueprint("agency_activations", __name__, url_prefix="/agency/activations")
INDEX = "agency_activations.index"
CORRECTION = timedelta(days=30)  # PDPA 13
SAYS = {
    Activation.ACTIVATED: Bilingual("已開通", "Activated"),
    Activation.NOT_ACTIVATED: Bilingual("未開通", "Not activated"),
    Activation.SUSPENDED: Bilingual("中止中", "Suspended"),
}
ALWAYS = "name"  # what an officer needs to know of whoever applies


bp.before_request(csrf.only_our_forms)


@bp.get("")
@consoles.staff_required(*STAFF)
@read_apart
def index() -> str:
    """List the applications and the disputes of the agency, the oldest first; no names."""
    session, agency = scope.db(), organisation_id()
    days = terms.workdays(session)
    return consoles.page(
        "agency/activations.html",
        current=INDEX,
        rows=[
            {
                "url": url_for("agency_activations.one", reference=row.reference),
                "reference": row.reference,
                "service": Bilingual(service.name_zh, service.name_en),
                "wish": WISHES[row.wish],
                "taken": row.taken_by is not None,
                "due_on": days.due_on(row.asked_at, service.working_days)
                if service.working_days
                else None,
            }
            for row, service in activation_requests.waiting(session, agency)
        ],
        disputes=[
            {
                "url": url_for("agency_activations.dispute", reference=note.dispute),
                "reference": note.dispute,
                "service": Bilingual(service.name_zh, service.name_en),
                "due_on": _due(note),
            }
            for note, service in activation_requests.disputed(session, agency)
        ],
        today=taipei_day(scope.now()),
        flashes=_done(),
    )


def _due(note: ActivationNote) -> Any:  # a date; the note has one while it is disputed
    return taipei_day((note.disputed_at or scope.now()) + CORRECTION)


def _waiting() -> int:
    post = consoles.chosen(STAFF)
    agency = (post and post.organisation_id) or UUID(int=0)  # officers' posts always name one
    session = scope.db()
    found = activation_requests.waiting(session, agency)
    return len(found) + len(activation_requests.disputed(session, agency))


def _done() -> list[str]:
    return pages.just_done(
        {
            "approved": pages.say("已核准並註記，也通知了申請人。"),
            "refused": pages.say("已駁回，也通知了申請人。"),
            "settled": pages.say("已查明並通知會員。"),
        }
    )


# Applications


@bp.get("/<reference>")
@consoles.staff_required(*STAFF)
def one(reference: str) -> str:
    """Show an application with the data its service uses; the member sees that it was looked at."""
    return _page(_mine(reference))


@bp.post('/<reference>/<any("take", "approve", "refuse"):step>')
@consoles.staff_required(*STAFF)
def decide(reference: str, step: str) -> Response | str:
    """Take an application up, approve it, or refuse it with a reason."""
    row, session, now = _mine(reference), scope.db(), scope.now()
    by = scope.member_id()
    try:
        with scope.step():
            impartial.require(row.member_id)
            if step == "take":
                activation_requests.take_up(session, row, by=by, now=now)
            elif step == "approve":
                activation_requests.approve(session, row, by=by, now=now)
            else:
                reason, keyring = counter_forms.typed("reason"), scope.rooms().keyring
                activation_requests.refuse(session, row, reason, by=by, keyring=keyring, now=now)
    except Refused as refused:
        return _page(row, refused)
    _record(f"activation.{step}", row.id, row.reference)
    if step == "take":
        return redirect(url_for("agency_activations.one", reference=row.reference), 303)
    _tell(row.member_id, Mail.SERVICE_DECIDED, Kind.SERVICE_DECIDED, row.reference)
    done = "approved" if step == "approve" else "refused"
    return redirect(url_for(INDEX, done=done), 303)


def _mine(reference: str) -> ActivationRequest:
    return activation_requests.get(
        scope.db(), _reference(reference), organisation_id=organisation_id()
    )


def _reference(typed: str) -> str:
    return typed.upper() if typed.isascii() and typed.isalnum() else ""


def _page(row: ActivationRequest, refused: Refused | None = None) -> str:
    session = scope.db()
    service = session.get_one(Service, row.service_id)
    said = lifecycle.in_force(session, service.id, on=taipei_day(scope.now()))
    return consoles.page(
        "agency/activation.html",
        current=INDEX,
        row=row,
        service=Bilingual(service.name_zh, service.name_en),
        wish=WISHES[row.wish],
        is_open=row.state in activation_requests.PENDING,
        is_own=row.member_id == scope.member_id(),
        rule=said.eligibility if said else None,
        data=_data(row.member_id, (*(said.claims if said else ()), ALWAYS), row.reference),
        answers=[
            (field.label, annex_fields.said(field, answer, pages.language()))
            for field, answer in activation_requests.answers_of(
                session, row, keyring=scope.rooms().keyring
            )
        ],
        reason=counter_forms.typed("reason"),
        errors=_errors(refused, "reason"),
    )


def _data(member_id: UUID, wanted: tuple[str, ...], case: str) -> list[tuple[Bilingual, str]]:
    """Open what the service uses of a member, and write that it was looked at."""
    session = scope.db()
    member = register.get(session, member_id)
    held = register.claims_of(member, keyring=scope.rooms().keyring)
    shown = [name for name in dict.fromkeys((ALWAYS, *wanted)) if isinstance(held.get(name), str)]
    consoles.look(session, member_id, actor=scope.member_id(), case=case, claims=shown)
    return [(BY_NAME[name].label, str(held[name])) for name in shown]


def _tell(member_id: UUID, words: Mail, kind: Kind, reference: str) -> None:
    session, now = scope.db(), scope.now()
    footprint.record(session, kind, member_id=member_id, now=now, reference=reference)
    notices.mail(session, words, member_id=member_id, language=notices.OWN, now=now)


def _record(event: str, subject: UUID, reference: str) -> None:
    trail.record(
        scope.db(),
        event,
        actor=scope.member_id(),
        subject=subject,
        now=scope.now(),
        reference=reference,
    )


def _errors(refused: Refused | None, field: str) -> list[tuple[str, str]]:
    if refused is None:
        return []
    return [(field, refusal(refused.code).title.text(pages.language()))]


# Disputes


@bp.get("/disputes/<reference>")
@consoles.staff_required(*STAFF)
def dispute(reference: str) -> str:
    """Show a note that its member calls wrong."""
    return _dispute_page(*_disputed(reference))


@bp.post("/disputes/<reference>")
@consoles.staff_required(*STAFF)
def settle(reference: str) -> Response | str:
    """Say what is right after looking into it; the note counts again from this moment."""
    note, service = _disputed(reference)
    session, now, member_id, by = scope.db(), scope.now(), note.member_id, scope.member_id()
    case = _reference(reference)
    origin = Provenance(channel=Channel.KEYED, actor=str(by), reference=case)
    try:
        with scope.step():
            impartial.require(member_id)
            right = _chosen(note)
            docket.close_with_dispute(session, case, right, officer=by, now=now)
            finding = mistaken_suspensions.hold(session, note, by=by)
            if right is not note.state:
                _put_right(note, service, right, origin, finding)
            activations.settle(session, case, origin, organisation_id=organisation_id(), now=now)
    except Refused as refused:
        return _dispute_page(note, service, refused)
    _record("note.settled", note.id, case)
    _tell(member_id, Mail.NOTE_SETTLED, Kind.NOTE_SETTLED, case)
    return redirect(url_for(INDEX, done="settled"), 303)


def _put_right(
    note: ActivationNote,
    service: Service,
    right: Activation,
    origin: Provenance,
    finding: Finding | None,
) -> None:
    """Write what is right; what was suspended upon a finding is given back as from that day."""
    session, now = scope.db(), scope.now()
    if finding is not None:
        by = scope.member_id()
        mistaken_suspensions.restore(session, finding, service, origin.reference, by=by, now=now)
        return
    activations.note(
        session,
        service,
        right,
        origin,
        member_id=note.member_id,
        organisation_id=organisation_id(),
        as_of=min(taipei_day(now), taipei_day(service.closed_at or now)),
        now=now,
    )


def _chosen(note: ActivationNote) -> Activation:
    """Return what was chosen; nobody suspends here, for that takes a finding (6(3))."""
    typed = counter_forms.typed("state")
    right = next((each for each in _offered(note) if each == typed), None)
    if right is None:
        raise Refused("service.finding_missing")
    return right


def _offered(note: ActivationNote) -> tuple[Activation, ...]:
    """Return what may be right: a suspension stands, or was a mistake and is given back."""
    if note.state is Activation.SUSPENDED:
        return (Activation.ACTIVATED, Activation.SUSPENDED)
    return (Activation.ACTIVATED, Activation.NOT_ACTIVATED)


def _disputed(reference: str) -> tuple[ActivationNote, Service]:
    wanted = _reference(reference)
    for note, service in activation_requests.disputed(scope.db(), organisation_id()):
        if note.dispute == wanted:
            return note, service
    raise NotFound("service.not_found")


def _dispute_page(note: ActivationNote, service: Service, refused: Refused | None = None) -> str:
    chosen = counter_forms.typed("state")
    return consoles.page(
        "agency/dispute.html",
        current=INDEX,
        note=note,
        service=Bilingual(service.name_zh, service.name_en),
        state=SAYS[note.state],
        due_on=_due(note),
        data=_data(note.member_id, (ALWAYS,), note.dispute or ""),
        options=[
            {
                "value": each.value,
                "label": SAYS[each].text(pages.language()),
                "checked": each == chosen,
            }
            for each in _offered(note)
        ],
        errors=_errors(refused, "state"),
    )


consoles.register_menu(
    INDEX, Bilingual("開通審核", "Activations"), icon="check", roles=STAFF, waits=_waiting
)
