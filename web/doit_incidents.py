"""The Bureau's pages of incidents: clocks, whom it touched, who was told, lessons (4.15)."""

from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import affected, incidents, trail
from audit.incident_models import Incident
from audit.incidents import Clock
from clients.officer_models import Role
from kernel.clock import TAIPEI
from kernel.errors import Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from web import consoles, csrf, incident_jobs, incident_scopes, pages, scope
from web.reading_apart import read_apart

bp = Blueprint("doit_incidents", __name__, url_prefix="/doit/incidents")
INDEX = "doit_incidents.index"
LONGEST = 4000
MOMENTS = {"report": "reported_at", "contain": "contained_at", "authority": "authority_at"}
CLOCKS = {
    "report": Bilingual("通報", "Report"),
    "authority": Bilingual("主管機關", "The authority"),
    "subjects": Bilingual("當事人", "The people touched"),
}
reading = consoles.staff_required(Role.REVIEWER, Role.AUDITOR)
writing = consoles.staff_required(Role.REVIEWER)


bp.before_request(csrf.only_our_forms)


@bp.get("")
@reading
@read_apart
def index() -> str:
    """List the incidents with their clocks, and offer to open one."""
    return _index()


def _index(refused: Refused | None = None) -> str:
    return consoles.page(
        "incidents/index.html",
        current=INDEX,
        incidents=[
            {"one": each, "clocks": _clocks(each), "state": _state(each)}
            for each in incidents.listed(scope.db())
        ],
        may_write=scope.post().role is Role.REVIEWER,
        typed=request.form if refused else {},
        errors=_errors("words", refused),
    )


def _errors(field: str, refused: Refused | None) -> list[tuple[str, str]]:
    return [(field, refusal(refused.code).title.text(pages.language()))] if refused else []


def _clocks(incident: Incident) -> list[dict[str, Any]]:
    terms = incident_scopes.terms(scope.rooms().settings.incidents)
    return [
        {"label": CLOCKS[name], "clock": clock, **_tone(clock)}
        for name, clock in incidents.clocks(incident, terms).items()
    ]


def _tone(clock: Clock) -> dict[str, Any]:
    now = scope.now()
    if clock.is_broken(now=now):
        words = Bilingual("逾時", "Late")
        return {"tone": "bad", "said": words}
    if clock.done_at is not None:
        return {"tone": "ok", "said": Bilingual("如期", "In time")}
    if clock.is_urgent(now=now):
        return {"tone": "bad", "said": Bilingual("趕快辦", "Urgent")}
    return {"tone": "info", "said": Bilingual("計時中", "Running")}


def _state(incident: Incident) -> tuple[Bilingual, str]:
    if incident.closed_at is not None:
        return Bilingual("已結案", "Closed"), "plain"
    if incident.contained_at is not None:
        return Bilingual("已控制", "Contained"), "info"
    return Bilingual("處理中", "At work"), "warn"


@bp.post("")
@writing
def open_() -> Response:
    """Enter an incident; its clocks run from now."""
    try:
        with scope.step():
            incident = incidents.open_(
                scope.db(),
                _typed("words"),
                happened_at=_moment("happened_at"),
                is_drill="is_drill" in request.form,
                by=scope.member_id(),
                keyring=scope.rooms().keyring,
                now=scope.now(),
            )
    except Refused as refused:
        return Response(_index(refused), refusal(refused.code).status, mimetype="text/html")
    return _back(incident, "incident.opened")


def _typed(name: str) -> str:
    return request.form.get(name, "")[:LONGEST]


def _moment(name: str) -> datetime:
    """Return a moment in Taipei that was typed. Raises Refused `incident.incomplete`."""
    try:
        moment = datetime.fromisoformat(_typed(name).strip()[:16])
    except ValueError:
        raise Refused("incident.incomplete") from None
    if not FIRST_YEAR <= moment.year < LAST_YEAR:
        raise Refused("incident.incomplete")
    return moment.replace(tzinfo=TAIPEI)


FIRST_YEAR, LAST_YEAR = 2000, 2200


@bp.get("/<reference>")
@reading
def one(reference: str) -> str:
    """Show one incident and the steps that are left."""
    return _show(incidents.get(scope.db(), reference))


def _show(incident: Incident, field: str = "", refused: Refused | None = None) -> str:
    session = scope.db()
    words, improvement = incidents.words_of(incident, keyring=scope.rooms().keyring)
    language = pages.language()
    told, skipped = affected.count_told(session, incident)
    return consoles.page(
        "incidents/one.html",
        current=INDEX,
        incident=incident,
        state=_state(incident),
        words=words,
        notice=Bilingual(incident.notice_zh, incident.notice_en),
        notice_hash=incidents.notice_hash(incident),
        improvement=improvement,
        clocks=_clocks(incident),
        told=told,
        skipped=skipped,
        levels=[
            {"value": each, "label": str(each), "chosen": each == incident.level}
            for each in incidents.LEVELS
        ],
        threads=[
            {"value": each.value, "label": label.text(language)}
            for each, label in incident_scopes.THREADS.items()
        ],
        may_write=scope.post().role is Role.REVIEWER and incident.closed_at is None,
        may_tell=incident.opened_by != scope.member_id(),
        typed=request.form if refused else {},
        errors=_errors(field, refused),
    )


@bp.post(
    "/<reference>/"
    '<any("level", "report", "contain", "authority", "find", "word", "tell", "publish", "close")'
    ":kind>"
)
@writing
def step(reference: str, kind: str) -> Response:
    """Take one step, once."""
    incident = incidents.get(scope.db(), reference)
    try:
        _take(incident, kind)
    except Refused as refused:
        scope.abandon(refused)
        page = _show(incidents.get(scope.db(), reference), FIELDS.get(kind, ""), refused)
        return Response(page, refusal(refused.code).status, mimetype="text/html")
    return _back(incident, f"incident.{kind}")


FIELDS = {"level": "level", "find": "name", "word": "notice_zh", "close": "improvement"}


def _take(incident: Incident, kind: str) -> None:
    session, now = scope.db(), scope.now()
    if kind in MOMENTS:
        incidents.take(session, incident, MOMENTS[kind], now=now)  # type: ignore[arg-type]  # one of three
    elif kind == "level":
        level = _typed("level")
        incidents.grade(session, incident, int(level) if level in {*"1234"} else 0)
    elif kind == "find":
        _find(incident)
    elif kind == "word":
        unreadable = "is_unreadable" in request.form
        zh, en = _typed("notice_zh"), _typed("notice_en")
        incidents.word(session, incident, zh, en, is_unreadable=unreadable)
    elif kind == "tell":
        incidents.tell(session, incident, read=_typed("read"), by=scope.member_id(), now=now)
        incident_jobs.begin(session, incident_jobs.TELL, incident, now=now)
    elif kind == "publish":
        incidents.publish(session, incident, read=_typed("read"), by=scope.member_id(), now=now)
    else:
        incidents.close(
            session, incident, _typed("improvement"), keyring=scope.rooms().keyring, now=now
        )


def _find(incident: Incident) -> None:
    session, now = scope.db(), scope.now()
    aim = incident_scopes.aim(
        session,
        _typed("thread"),
        _typed("name").strip(),
        since=_moment("since"),
        until=min(_moment("until"), now),
    )
    affected.aim(
        session, incident, aim.reach, keys=aim.keys, since=aim.since, until=aim.until, now=now
    )
    incident_jobs.begin(
        session, incident_jobs.GATHER, incident, now=now, wait=incident_jobs.SETTLED
    )


def _back(incident: Incident, event: str) -> Response:
    trail.record(
        scope.db(),
        event,
        actor=scope.member_id(),
        subject=incident.id,
        now=scope.now(),
        incident=incident.reference,
    )
    return redirect(url_for("doit_incidents.one", reference=incident.reference), 303)


def _waiting() -> int:
    return len(incidents.still_open(scope.db()))


consoles.register_menu(
    INDEX,
    Bilingual("資安事件", "Incidents"),
    icon="warn",
    roles=[Role.REVIEWER, Role.AUDITOR],
    waits=_waiting,
)
