"""歸戶: an agency's officers propose what they send, upload it, look at it, confirm it (3-II, 4.7).

No page here names a person: a row is known by its place in the officer's own file.
"""

import csv
import io
from typing import Any, BinaryIO, cast
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from audit import trail
from clients import bases
from clients.models import Organisation
from clients.officer_models import Role
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from services import consolidation_batches as batches
from services import consolidation_files as files
from services import consolidation_schema as schema
from services.consolidation_files import Encoding
from services.consolidation_models import Batch, BatchState, Footing
from services.consolidation_schema import Field, Proposal
from services.models import Channel, Service
from web import consoles, csrf, import_words, pages, scope
from web.agency_counters import organisation_id
from web.reading_apart import read_apart

bp = Blueprint("agency_imports", __name__, url_prefix="/agency/imports")
INDEX = "agency_imports.index"
STAFF = (Role.OFFICER, Role.MANAGER)
FORM_ROOM = 64 * 1024  # bytes, beside the file
staff_required = consoles.staff_required(*STAFF)


@bp.before_request
def _only_our_forms() -> None:
    if request.endpoint == f"{bp.name}.upload":
        request.max_content_length = files.LARGEST + FORM_ROOM
    csrf.only_our_forms()


@bp.get("")
@staff_required
@read_apart
def index() -> str:
    """List what the agency may send and what it sent, with the form for the next file."""
    return _index()


@bp.post("")
@staff_required
def upload() -> Response | str:
    """Take a file in; the worker reads it, and nothing is applied yet."""
    try:
        batch = _received()
    except Refused as refused:
        if isinstance(refused, NotFound):
            raise
        return _index(refused)
    _record("consolidation.uploaded", batch, service=batch.service.code)
    return _to(batch)


def _received() -> Batch:
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Refused("consolidation.file_missing")
    chosen = request.form.get("encoding", "")
    stream = schema.in_force(
        scope.db(), request.form.get("service", ""), organisation_id=organisation_id()
    )
    return batches.receive(
        scope.db(),
        stream,
        cast("BinaryIO", sent.stream),
        encoding=Encoding(chosen) if chosen in set(Encoding) else None,
        officer=scope.member_id(),
        keyring=scope.rooms().keyring,
        now=scope.now(),
    )


def _index(refused: Refused | None = None) -> str:
    streams = schema.of_agency(scope.db(), organisation_id())
    return consoles.page(
        "agency/imports.html",
        current=INDEX,
        streams=[import_words.stream(each) for each in streams],
        services=[
            {"value": each.service.code, "label": _name(each.service)}
            for each in streams
            if each.approved_at is not None
        ],
        encodings=import_words.encodings(),
        batches=[
            import_words.batch(each) for each in batches.listed(scope.db(), organisation_id())
        ],
        largest=files.LARGEST // 1024**2,
        error=_words(refused),
    )


# What may be sent


@bp.get("/streams")
@staff_required
def new_stream() -> str:
    """Show the form by which an agency says what it will send, and why it may."""
    return _stream_form()


@bp.post("/streams")
@staff_required
def propose() -> Response | str:
    """Ask DoIT to confirm a stream."""
    form = request.form
    try:
        with scope.step():
            proposal = Proposal(
                columns=schema.fields(form.getlist("columns")),
                basis=form.get("basis", ""),
                provision=form.get("provision", ""),
                footing=Footing.CONSENT if form.get("basis") == _consent() else Footing.NOTICE,
                channel=_channel(form.get("channel", "")),
            )
            stream = schema.propose(
                scope.db(),
                form.get("service", ""),
                proposal,
                organisation_id=organisation_id(),
                officer=scope.member_id(),
                now=scope.now(),
            )
    except Refused as refused:
        return _stream_form(refused)
    trail.record(
        scope.db(),
        "consolidation.proposed",
        actor=scope.member_id(),
        subject=stream.id,
        now=scope.now(),
        columns=list(stream.columns),
        basis=stream.basis,
    )
    return redirect(url_for(INDEX), 303)


def _consent() -> str:
    return bases.consent_of(_organisation().body)


def _organisation() -> Organisation:
    return scope.db().get_one(Organisation, organisation_id())


def _channel(value: str) -> Channel:
    if value not in set(Channel):
        raise Refused("update.channel_not_approved")
    return Channel(value)


def _stream_form(refused: Refused | None = None) -> str:
    form = request.form
    services = scope.db().scalars(
        select(Service)
        .where(Service.organisation_id == organisation_id(), Service.closed_at.is_(None))
        .order_by(Service.code)
    )
    return consoles.page(
        "agency/import_stream.html",
        current=INDEX,
        services=_options({each.code: _name(each) for each in services}, form.get("service")),
        optional=[
            (field.value, import_words.heading(field), field.value in form.getlist("columns"))
            for field in Field
            if field not in schema.NEEDED
        ],
        needed=[import_words.heading(each) for each in Field if each in schema.NEEDED],
        bases=_options(
            {
                each.code: each.words.text(pages.language())
                for each in bases.offered(_organisation().body)
            },
            form.get("basis"),
        ),
        channels=_options(import_words.channels(), form.get("channel")),
        provision=form.get("provision", ""),
        error=_words(refused),
    )


def _options(words: dict[str, str], chosen: str | None) -> list[dict[str, Any]]:
    return [
        {"value": value, "label": label, "chosen": value == chosen}
        for value, label in words.items()
    ]


# One batch


@bp.get("/<reference>")
@staff_required
def show(reference: str) -> str:
    """Show what a batch would do, or did: in numbers, and where it differs."""
    return _show(_mine(reference))


@bp.post('/<reference>/<any("confirm", "cancel", "roll-back"):step>')
@staff_required
def move(reference: str, step: str) -> Response | str:
    """Confirm a batch, set it aside, or undo it; all but the second take another officer."""
    batch, officer, now = _mine(reference), scope.member_id(), scope.now()
    try:
        with scope.step():
            if step == "confirm":
                batches.confirm(scope.db(), batch, officer=officer, now=now)
            elif step == "cancel":
                batches.cancel(scope.db(), batch)
            else:
                batches.roll_back(scope.db(), batch, officer=officer, now=now)
    except Refused as refused:
        return _show(batch, refused)
    _record(f"consolidation.{step.replace('-', '_')}", batch)
    return _to(batch)


@bp.get("/<reference>/outcome.csv")
@staff_required
def outcome(reference: str) -> Response:
    """Hand back what became of each row: its place and codes, nothing of anybody's data."""
    batch = _mine(reference)
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(("row", "outcome", "code", "name_differs", "undone"))
    for number, found, code, differs, undone in batches.report(scope.db(), batch):
        rows.writerow((number, found, code, _yes(is_so=differs), _yes(is_so=undone)))
    response = Response(text.getvalue().encode("utf-8-sig"), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="outcome-{batch.number}.csv"'
    return response


def _yes(*, is_so: bool) -> str:
    return "yes" if is_so else ""


def _mine(reference: str) -> Batch:
    return batches.get(scope.db(), reference, organisation_id=organisation_id())


def _show(batch: Batch, refused: Refused | None = None) -> str:
    after = request.args.get("after", default=0, type=int)
    found = batches.differences(scope.db(), batch, after=max(0, min(after, 2**31 - 1)))
    counts = batches.counts(scope.db(), batch)
    is_mine = batch.uploaded_by == scope.member_id()
    return consoles.page(
        "agency/import.html",
        current=INDEX,
        batch=import_words.batch(batch),
        counts=[(import_words.outcome(each), number) for each, number in counts.items()],
        total=sum(counts.values()),
        progress=import_words.progress(batch, sum(counts.values())),
        troubles=[
            (refusal(code).title.text(pages.language()), number)
            for code, number in batches.troubles(scope.db(), batch)
        ],
        differences=[import_words.difference(each) for each in found[: batches.SHOWN]],
        more=found[batches.SHOWN - 1].number if len(found) > batches.SHOWN else None,
        waits=batch.state is BatchState.DRY_RUN,
        may_undo=batch.state is BatchState.APPLIED,
        is_mine=is_mine,
        error=_words(refused),
    )


def _to(batch: Batch) -> Response:
    return redirect(url_for("agency_imports.show", reference=batch.number), 303)


def _record(event: str, batch: Batch, **detail: str) -> None:
    trail.record(
        scope.db(),
        event,
        actor=scope.member_id(),
        subject=batch.id,
        now=scope.now(),
        batch=batch.number,
        **detail,
    )


def _words(refused: Refused | None) -> str:
    return "" if refused is None else refusal(refused.code).title.text(pages.language())


def _name(service: Service) -> str:
    return Bilingual(service.name_zh, service.name_en).text(pages.language())


def _waiting() -> int:
    return batches.awaiting(scope.db(), own_organisation() or UUID(int=0))


def own_organisation() -> UUID | None:
    """Return the agency of the post the visitor acts in, on pages that ask for no post."""
    post = consoles.chosen(STAFF)
    return None if post is None else post.organisation_id


consoles.register_menu(
    INDEX, Bilingual("歸戶", "Imports"), icon="list", roles=STAFF, waits=_waiting
)
