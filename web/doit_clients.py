"""The Bureau's queue of clients: new ones, and changes of what they may ask for (10(3), PDPA 5)."""

from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from audit import trail
from clients import approval, purposes, review
from clients.models import Client, PurposeVersion, Review, VersionState
from clients.officer_models import Role
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from web import consoles, counter_forms, csrf, pages, purpose_forms, scope
from web import organisation_words as words
from web.reading_apart import read_apart

bp = Blueprint("doit_clients", __name__, url_prefix="/doit/clients")
INDEX = "doit_clients.index"


bp.before_request(csrf.only_our_forms)


@bp.get("")
@consoles.staff_required(Role.REVIEWER)
@read_apart
def index() -> str:
    """List the clients and the changes that wait, the longest wait first."""
    session = scope.db()
    return consoles.page(
        "console/clients.html",
        current=INDEX,
        clients=[
            {
                "url": url_for("doit_clients.one", client_key=each.id),
                "name": Bilingual(each.name_zh, each.name_en),
                "house": words.name(each.organisation),
                "at": each.created_at,
            }
            for each in review.waiting(session)
        ],
        changes=[
            {
                "url": url_for("doit_clients.change", version_id=version.id),
                "name": Bilingual(client.name_zh, client.name_en),
                "house": words.name(client.organisation),
                "purpose": version.code,
                "at": version.submitted_at,
            }
            for version, client in _submitted(session)
        ],
        flashes=_done(),
    )


def _submitted(session: Session) -> list[tuple[PurposeVersion, Client]]:
    rows = session.execute(
        select(PurposeVersion, Client)
        .join(Client, Client.id == PurposeVersion.client_id)
        .where(PurposeVersion.state == VersionState.SUBMITTED)
        .order_by(PurposeVersion.submitted_at, PurposeVersion.id)
    )
    return [(version, client) for version, client in rows]


def _waiting() -> int:
    return len(_submitted(scope.db())) + len(review.waiting(scope.db()))


def _done() -> list[str]:
    return pages.just_done(
        {
            "approved": pages.say("已核准。"),
            "returned": pages.say("已退回。"),
        }
    )


@bp.get("/<uuid:client_key>")
@consoles.staff_required(Role.REVIEWER)
def one(client_key: UUID) -> str:
    """Show a client that registered itself, with every purpose."""
    return _page(_client(client_key))


@bp.post("/<uuid:client_key>")
@consoles.staff_required(Role.REVIEWER)
def decide(client_key: UUID) -> Response | str:
    """Let a client serve the public, or turn it down with a reason."""
    client, session = _client(client_key), scope.db()
    admitted = request.form.get("decision") == "approve"
    try:
        with scope.step():
            if admitted:
                review.admit(session, client.client_id)
            else:
                reason = counter_forms.typed("reason")
                review.turn_down(session, client.client_id, reason=reason)
    except Refused as refused:
        return _page(client, refused)
    _record("client.admitted" if admitted else "client.turned_down", client.id)
    return redirect(url_for(INDEX, done="approved" if admitted else "returned"), 303)


@bp.get("/changes/<uuid:version_id>")
@consoles.staff_required(Role.REVIEWER)
def change(version_id: UUID) -> str:
    """Show what a change would change, and what that means to members."""
    return _change_page(*_change(version_id))


@bp.post("/changes/<uuid:version_id>")
@consoles.staff_required(Role.REVIEWER)
def decide_change(version_id: UUID) -> Response | str:
    """Put a change into force, or return it with a reason."""
    version, client = _change(version_id)
    approved = request.form.get("decision") == "approve"
    session, now, by = scope.db(), scope.now(), scope.member_id()
    try:
        with scope.step():
            if approved:
                approval.approve(session, version, by=by, now=now)
            else:
                reason = counter_forms.typed("reason")
                approval.send_back(session, version, reason=reason, by=by, now=now)
    except Refused as refused:
        return _change_page(version, client, refused)
    _record(
        "client.change_approved" if approved else "client.change_returned",
        client.id,
        purpose=version.code,
        version=str(version.id),
    )
    return redirect(url_for(INDEX, done="approved" if approved else "returned"), 303)


def _client(client_key: UUID) -> Client:
    found = scope.db().get(Client, client_key)
    if found is None:
        raise NotFound("client.not_found")
    return found


def _change(version_id: UUID) -> tuple[PurposeVersion, Client]:
    version = scope.db().get(PurposeVersion, version_id)
    if version is None or version.submitted_at is None:
        raise NotFound("client.change_not_found")
    return version, _client(version.client_id)


def _record(event: str, subject: UUID, **detail: str) -> None:
    trail.record(
        scope.db(), event, actor=scope.member_id(), subject=subject, now=scope.now(), **detail
    )


def _errors(refused: Refused | None) -> list[tuple[str, str]]:
    if refused is None:
        return []
    return [("reason", refusal(refused.code).title.text(pages.language()))]


def _page(client: Client, refused: Refused | None = None) -> str:
    return consoles.page(
        "console/client.html",
        current=INDEX,
        client=client,
        name=Bilingual(client.name_zh, client.name_en),
        house=words.name(client.organisation),
        purposes=[
            (Bilingual(each.name_zh, each.name_en), purpose_forms.said(purposes.form_of(each)))
            for each in client.purposes
        ],
        waits=client.review is Review.WAITING,
        reason=counter_forms.typed("reason"),
        errors=_errors(refused),
    )


def _change_page(version: PurposeVersion, client: Client, refused: Refused | None = None) -> str:
    is_open = version.state is VersionState.SUBMITTED
    return consoles.page(
        "console/client_change.html",
        current=INDEX,
        client=client,
        version=version,
        name=Bilingual(client.name_zh, client.name_en),
        house=words.name(client.organisation),
        changes=purpose_forms.differences(approval.changes_of(scope.db(), version))
        if is_open
        else [],
        may_decide=is_open and version.drafted_by != scope.member_id(),
        reason=counter_forms.typed("reason"),
        errors=_errors(refused),
    )


consoles.register_menu(
    INDEX, Bilingual("網站審核", "Clients"), icon="code", roles=[Role.REVIEWER], waits=_waiting
)
