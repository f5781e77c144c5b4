"""我的足跡: what happened to a member's data and account, for the member to read and to take."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import footprint, reading, trail
from audit.lines import Kind
from audit.reading import Filters, Standing
from audit.sealing import NotOurs
from carriers import loss_reports
from carriers.models import Binding, Suspension
from idp import checkpoints, grants
from idp.models import GrantEnd
from kernel.clock import TAIPEI, taipei_day
from kernel.errors import NotFound
from kernel.settings import SettingsInvalid
from services import misuse
from web import cookies, csrf, footprint_lines, last_carrier, losses, pages, scope, sessions
from web.footprint_export import WRITERS, Wanted
from web.footprint_lines import Entry, Names
from web.reading_apart import read_apart

bp = Blueprint("footprint", __name__, url_prefix="/account/footprint")
FILTERS = ("from", "to", "who", "kind")
ROUNDS = 4  # batches to seal before an export; more is the worker's task
KINDS = {
    "data": frozenset({Kind.RELEASED, Kind.TILL_ANSWERED}),
    "staff": frozenset({Kind.VIEWED}),
    "signin": frozenset(
        {
            Kind.LOGGED_IN,
            Kind.LOGIN_FAILED,
            Kind.SIGNED_IN,
            Kind.SESSION_ENDED,
            Kind.SESSIONS_ENDED,
            Kind.HANDED_OVER,
            Kind.HANDOVER_STOPPED,
            Kind.DEVICE_STOPPED,
        }
    ),
    "consent": frozenset(
        {
            Kind.CONSENT_GIVEN,
            Kind.CONSENT_REFUSED,
            Kind.CONSENT_WITHDRAWN,
            Kind.CONSENT_EXPIRED,
            Kind.CONSENT_APPROVED,
            Kind.APPROVAL_REFUSED,
            Kind.CONSENT_OVERRULED,
            Kind.CONSENT_CLIENT_ENDED,
        }
    ),
    "account": frozenset(
        {
            Kind.ACCOUNT_OPENED,
            Kind.PASSWORD_CHANGED,
            Kind.RECOVERY_ASKED,
            Kind.ACCOUNT_TOLD,
            Kind.PASSWORD_RESET,
            Kind.SLIP_PRINTED,
            Kind.NUMBER_ENTERED,
            Kind.EXPORTED,
            Kind.DISOWNED,
            Kind.APPLICATION_DISOWNED,
            Kind.ARCHIVE_ASKED,
            Kind.ARCHIVE_TAKEN,
            Kind.PAUSED,
            Kind.RESUMED,
            Kind.DELETION_ASKED,
            Kind.DELETION_CANCELLED,
            Kind.DELETED,
            Kind.RECORD_CHANGED,
            Kind.RECORD_CORRECTED,
            Kind.SUSPENDED,
            Kind.REINSTATED,
            Kind.DECEASED,
            Kind.INCIDENT_TOLD,
        }
    ),
    "acting": frozenset(
        {
            Kind.GUARDIAN_ASKED,
            Kind.APPLICATION_AGREED,
            Kind.GUARDIAN_APPROVED,
            Kind.GUARDIAN_REFUSED,
            Kind.GUARDIAN_WITHDREW,
            Kind.GUARDIAN_GAVE_SLIP,
            Kind.SLIP_GIVEN,
            Kind.PROXY_ASKED,
            Kind.PROXY_APPROVED,
            Kind.PROXY_REFUSED,
            Kind.PROXY_WITHDREW,
            Kind.PROXY_READ,
            Kind.PROXY_REQUESTED,
            Kind.PROXY_REPLIED,
            Kind.FOOTPRINT_READ,
            Kind.POWER_GIVEN,
            Kind.POWER_TAKEN,
            Kind.POWER_ENDED,
            Kind.LAW_NOTED,
        }
    ),
    "request": frozenset(
        {
            Kind.REQUEST_MADE,
            Kind.REQUEST_ANSWERED,
            Kind.REQUEST_WITHDRAWN,
            Kind.REQUEST_MOVED,
            Kind.CHANGE_ASKED,
            Kind.CHANGE_WITHDRAWN,
            Kind.CHANGE_MOVED,
            Kind.CASE_OPENED,
            Kind.CASE_MOVED,
            Kind.NOTE_DISPUTED,
            Kind.NOTE_CONSOLIDATED,
            Kind.NOTE_CONFLICT,
            Kind.NOTE_WITHDRAWN,
            Kind.NOTE_SETTLED,
            Kind.SERVICE_SUSPENDED,
            Kind.SERVICE_RESTORED,
            Kind.PETITION_FILED,
            Kind.PETITION_MOVED,
            Kind.SANCTION_REPORTED,
            Kind.SANCTION_ANSWERED,
            Kind.SANCTION_DETERMINED,
            Kind.SANCTION_ENDED,
            Kind.SERVICE_ASKED,
            Kind.SERVICE_WITHDRAWN,
            Kind.SERVICE_DECIDED,
            Kind.SERVICE_OVER,
        }
    ),
    "card": frozenset(
        {
            Kind.CARD_USED,
            Kind.CARD_ORDERED,
            Kind.CARD_READY,
            Kind.CARD_HANDED,
            Kind.CARD_DESTROYED,
            Kind.CARRIER_BOUND,
            Kind.CARRIER_RENAMED,
            Kind.CARRIER_LOST,
            Kind.CARRIERS_REPORTED,
            Kind.CARRIER_FOUND,
            Kind.CARRIER_COPIED,
            Kind.CARRIER_REVOKED,
            Kind.DEVICE_CERTIFIED,
            Kind.CARRIER_REMOVED,
        }
    ),
}


bp.before_request(csrf.only_our_forms)


@dataclass(frozen=True)
class Option:
    """One thing to choose in a filter."""

    value: str
    label: str
    chosen: bool


@bp.get("")
@scope.member_required
@read_apart
def index() -> str:
    """Show one page of the timeline, filtered as the address says."""
    session, member_id = scope.db(), scope.member_id()
    page = reading.page(session, member_id, _filters(), before=_id("before"))
    client_ids = reading.clients_of(session, member_id)
    known = Names([each.line for each in page.shown], client_ids)
    return pages.page(
        "account/footprint.html",
        days=footprint_lines.days(page.shown, known),
        broken=sum(each.standing is Standing.BROKEN for each in page.shown),
        waiting=sum(each.standing is Standing.WAITING for each in page.shown),
        count=len(page.shown),
        whos=_whos(client_ids, known),
        kinds=_kinds(),
        since=_day_text("from"),
        until=_day_text("to"),
        filtered=any(request.args.get(name) for name in FILTERS),
        older_url=None if page.older is None else _address(before=str(page.older)),
        newest_url=_address() if "before" in request.args else None,
        export_url=url_for("footprint.export"),
    )


def _address(**more: str) -> str:
    kept = {name: request.args[name] for name in FILTERS if request.args.get(name)}
    return f"{url_for('footprint.index')}?{urlencode({**kept, **more})}"


def _filters() -> Filters:
    since, until = _day("from"), _day("to")
    return Filters(
        since=None if since is None else _midnight(since),
        until=None if until is None else _midnight(until + timedelta(days=1)),
        client_id=_id("who"),
        kinds=KINDS.get(request.args.get("kind", ""), frozenset()),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), TAIPEI)


def _day(name: str) -> date | None:
    """Return the day a filter names; what is no day of our time filters nothing."""
    try:
        day = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return day if date(1970, 1, 2) <= day <= taipei_day(scope.now()) + timedelta(366) else None


def _day_text(name: str) -> str:
    day = _day(name)
    return "" if day is None else day.isoformat()


def _id(name: str) -> UUID | None:
    try:
        return UUID(request.args.get(name, ""))
    except ValueError:
        return None


def _whos(client_ids: list[UUID], known: Names) -> list[Option]:
    chosen, language = _id("who"), pages.language()
    options = [
        Option(str(each), known.clients[each].name.text(language), each == chosen)
        for each in client_ids
        if each in known.clients
    ]
    return sorted(options, key=lambda option: option.label)


def _kinds() -> list[Option]:
    words = {
        "data": pages.say("提供資料"),
        "staff": pages.say("承辦人員查看"),
        "signin": pages.say("登入與登出"),
        "consent": pages.say("同意與撤回"),
        "card": pages.say("使用卡片"),
        "account": pages.say("密碼與帳號"),
        "request": pages.say("個資要求"),
        "acting": pages.say("代理與監護"),
    }
    chosen = request.args.get("kind", "")
    return [Option(value, label, value == chosen) for value, label in words.items()]


@bp.get("/<uuid:line_id>/not-me")
@scope.member_required
def not_me(line_id: UUID) -> str:
    """Say what reporting “not me” does, and ask once more."""
    shown = reading.get(scope.db(), scope.member_id(), line_id)
    entry = Entry(newest=shown.line, standing=shown.standing)
    return pages.page(
        "account/footprint_not_me.html",
        entry=footprint_lines.view(entry, Names([shown.line])),
        action=url_for("footprint.disown", line_id=line_id),
        carrier=bool(shown.line.detail.get("carrier")),
    )


@bp.post("/<uuid:line_id>/not-me")
@scope.member_required
def disown(line_id: UUID) -> Response:
    """Sign out everywhere at once, and put the report where it cannot be lost."""
    session, member_id, now = scope.db(), scope.member_id(), scope.now()
    line = reading.get(session, member_id, line_id).line
    if carrier := line.detail.get("carrier"):  # whoever it was holds it
        _lose(UUID(carrier), member_id)
    sessions.end_all(session, member_id=member_id)
    grants.end_for_member(session, member_id, reason=GrantEnd.LOGGED_OUT, now=now)
    footprint.record(session, Kind.DISOWNED, member_id=member_id, now=now, line=str(line.id))
    trail.record(session, Kind.DISOWNED, actor=member_id, subject=line.id, now=now, kind=line.kind)
    misuse.report(session, member_id, line_id=line.id, kind=line.kind, now=now)
    cookies.end_session()
    return redirect(url_for("footprint.reported"), 303)


def _lose(carrier_id: UUID, member_id: UUID) -> None:
    session, language, now = scope.db(), pages.language(), scope.now()
    with last_carrier.watched(member_id, actor=member_id):
        binding = session.get(Binding, carrier_id)
        if binding is not None:  # or it is no longer tied to anybody
            loss_reports.confirm(session, binding, now=now)
        losses.suspend(
            session, carrier_id, Suspension.LOST, actor=member_id, language=language, now=now
        )


@bp.get("/reported")
def reported() -> str:
    """Confirm the report, and say what to do next."""
    return pages.page("account/footprint_reported.html")


@bp.post("/export")
@scope.member_required
def export() -> Response:
    """Send the whole footprint as a file; that it was taken is a line of it, too."""
    form = request.form.get("format", "")
    if form not in WRITERS:
        raise NotFound("footprint.not_found")
    write, mimetype = WRITERS[form]
    rooms, now, member_id = scope.rooms(), scope.now(), scope.member_id()
    footprint.record(scope.db(), Kind.EXPORTED, member_id=member_id, now=now, format=form)
    scope.keep()
    provider = rooms.provider
    # The worker tells it, or that the token is away; who asks for their footprint gets it.
    with suppress(NotOurs, SettingsInvalid):
        checkpoints.seal(
            rooms.sessions, provider.keys, issuer=provider.issuer, now=now, rounds=ROUNDS
        )
    wanted = Wanted(
        make=rooms.sessions,
        member_id=member_id,
        issuer=provider.issuer,
        language=pages.language(),
        at=now,
        keyring=rooms.keyring,
    )
    response = Response(write(wanted), mimetype=mimetype)
    name = f"footprint-{taipei_day(now).isoformat()}.{form}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response
