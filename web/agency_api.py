"""Serve agencies' own systems: applications from their sites, and the outcomes of their cases.

An agency hands in what somebody filled in on its website, and hears how far it has come: never a
password, never a reason, never another agency's case (2(8)1). What it decided about its own service
it writes down with the number of the case, by this interface that DoIT approved (7(9)).
"""

import re
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import TypeVar

from flask import Blueprint, request
from pydantic import BaseModel, ValidationError
from werkzeug.wrappers import Response

from idp import subjects
from idp.bearers import Caller
from kernel.clock import taipei_day
from kernel.errors import NotFound, Refused
from members import agency_applications, application_intake, refusal_slips, terms
from members.agency_applications import Progress
from members.application_models import Channel, State
from services import activations
from services.activations import Provenance
from services.models import Activation
from services.models import Channel as Way
from web import agency_document, api_documents, problems, programs, repeating, scope
from web.agency_document import ADDRESS, INTERFACE, NOTE, READ, SUBMIT
from web.agency_forms import (
    ApplicationSent,
    NoteSent,
    NoteTold,
    ProgressTold,
    ReceiptTold,
    TermsTold,
)
from web.api_calls import Door, told

bp = Blueprint("agency_api", __name__, url_prefix=ADDRESS)
MOST = {SUBMIT: 60, READ: 600, NOTE: 600}  # a minute; who tries out numbers is slowed down
DOOR = Door(address=ADDRESS, most=MOST)
CODE = re.compile(agency_document.CODE)
Shape = TypeVar("Shape", bound=BaseModel)


class BodyInvalid(Exception):
    """A body that is not of the shape the document asks for; `where` repeats nothing of it."""

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.where = where


@bp.errorhandler(BodyInvalid)
def _explain(invalid: BodyInvalid) -> Response:
    scope.abandon()
    return problems.problem("program.body_invalid", detail=invalid.where)


@bp.get("/openapi.json")
def document() -> Response:
    """Describe all of this, for people and for programs (OpenAPI 3.1)."""
    return api_documents.response(INTERFACE, scope.rooms().provider.issuer)


@bp.get("/terms")
def terms_in_force() -> Response:
    """Say which terms an applicant has to read and agree to now."""
    DOOR.let_in(SUBMIT)
    now = terms.current(scope.db(), now=scope.now())
    text = {"zh-Hant-TW": now.text.zh, "en": now.text.en}
    return told(TermsTold(version=now.version, text=text))


@bp.post("/applications")
def submit() -> Response:
    """Hand in an application; a counter confirms it before DoIT reviews it, as any from online."""
    caller = DOOR.let_in(SUBMIT)
    key, sent = repeating.key(), _body(ApplicationSent)
    return repeating.once(caller.client.id, key, partial(_submit, caller, sent))


def _submit(caller: Caller, sent: ApplicationSent) -> Response:
    try:
        receipt = application_intake.submit(
            scope.db(),
            sent.form(today=taipei_day(scope.now())),
            channel=Channel.AGENCY,
            keyring=scope.rooms().keyring,
            now=scope.now(),
            agency_id=caller.organisation_id,
        )
    except Refused as refused:
        return _turned_away(refused)
    given = ReceiptTold(number=receipt.number, secret=receipt.secret, status=State.CONFIRMING)
    return told(given, status=HTTPStatus.CREATED)


def _turned_away(refused: Refused) -> Response:
    """Undo everything but the slip, with which the person may come to a counter (7(1))."""
    scope.abandon()
    slip = refusal_slips.record(scope.db(), refused, channel=Channel.AGENCY, now=scope.now())
    return problems.problem(refused.code, case=slip.number)


@bp.get("/applications/<number>")
def progress(number: str) -> Response:
    """Say how far one of the agency's own applications has come."""
    caller = DOOR.let_in(READ)
    found = agency_applications.get(scope.db(), number, agency_id=caller.organisation_id)
    return told(_progress(found))


def _progress(found: Progress) -> ProgressTold:
    return ProgressTold(
        number=found.number,
        status=found.state,
        submitted_at=_moment(found.submitted_at),
        changed_at=_moment(found.changed_at),
        clause=found.clause,
    )


@bp.post("/services/<code>/notes")
def note(code: str) -> Response:
    """Write what came of a case: the agency's service is open for a member, or is not."""
    caller = DOOR.caller(NOTE)
    if NOTE not in caller.scopes:
        raise Refused("update.channel_not_approved")
    key, sent = repeating.find_key(), _body(NoteSent)
    return repeating.once(caller.client.id, key, partial(_note, caller, code, sent))


def _note(caller: Caller, code: str, sent: NoteSent) -> Response:
    client = caller.client
    if not sent.case.strip():
        raise Refused("update.channel_not_approved")
    if not CODE.fullmatch(code):
        raise NotFound("service.not_found")
    service = activations.get_service(scope.db(), code)
    if service.organisation_id != caller.organisation_id:
        raise Refused("service.not_yours")
    member_id = subjects.find_member(scope.db(), sent.sub, sector=client.sector)
    if member_id is None:
        raise NotFound("member.not_found")
    activations.note(
        scope.db(),
        service,
        Activation(sent.state),
        Provenance(channel=Way.INTERFACE, actor=client.client_id, reference=sent.case.strip()),
        member_id=member_id,
        organisation_id=caller.organisation_id,
        as_of=sent.as_of,
        now=scope.now(),
    )
    return told(NoteTold(service=code, state=sent.state, as_of=sent.as_of))


def _body(shape: type[Shape]) -> Shape:
    if request.mimetype != programs.JSON:
        raise BodyInvalid(f"the body must be {programs.JSON}")
    try:
        return shape.model_validate_json(request.get_data())
    except ValidationError as mistakes:
        raise BodyInvalid(_where(mistakes)) from None


def _where(mistakes: ValidationError) -> str:
    """Name the first mistake and where it is; what was sent is not repeated."""
    first = mistakes.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(each) for each in first["loc"] if first["type"] != "extra_forbidden")
    return f"{place}: {first['msg']}" if place else first["msg"]


def _moment(value: datetime) -> str:
    return value.isoformat(timespec="seconds")
