"""Acting for another: requests about their data, made and followed where the letter says so.

A proxy sees what they made themselves, and nothing the member asked. Taking a request back stays
the member's (docs/decisions/0057).
"""

from uuid import UUID

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from audit.lines import Kind
from consent.acting import Acting
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from members import requests
from members.models import CITY, RequestKind, SubjectRequest
from members.requests import Desk, Wish
from web import acting, pages, proxy_acts, request_making, request_pages, scope
from web.account_confirm import confirmation_required
from web.account_guardians import bp, name
from web.mails import Mail
from web.request_pages import Address

WORDS_MISSING = "request.words_missing"


@bp.get("/for/<uuid:acting_id>/requests")
@scope.member_required
@confirmation_required
def requests_for(acting_id: UUID) -> str:
    """List what the visitor asked for the member, and the rights there are."""
    by = _asker(acting_id)
    made = requests.filed(scope.db(), by.member_id, by=by.by)
    return pages.page(
        "account/acting_requests.html",
        name=name(by.member_id),
        cards=request_pages.cards_of(made, _address(by)),
        rights=request_pages.rights(
            lambda kind: url_for("guardians.new_request_for", acting_id=acting_id, kind=kind)
        ),
        back=url_for("guardians.acting", acting_id=acting_id),
    )


def _asker(acting_id: UUID) -> Acting:
    """Return by what the visitor acts. Raises NotFound, or Refused `case.poa_scope`."""
    by = acting.get(acting_id)
    if not by.may_ask():
        raise Refused("case.poa_scope")
    return by


def _address(by: Acting) -> Address:
    return lambda reference: url_for("guardians.request_for", acting_id=by.id, reference=reference)


@bp.get("/for/<uuid:acting_id>/requests/new")
@scope.member_required
@confirmation_required
def new_request_for(acting_id: UUID) -> str:
    """Show the form of one kind of request."""
    return _form(_asker(acting_id), request_pages.kind_asked())


def _form(by: Acting, kind: RequestKind, error: str = "") -> str:
    return pages.page(
        "account/request_new.html",
        **request_pages.form_of(kind, request_pages.recipients(by.member_id), error),
        whose=name(by.member_id),
        fixed_recipient="",
        data="",
        kept={},
        action=url_for("guardians.make_request_for", acting_id=by.id),
        back=url_for("guardians.requests_for", acting_id=by.id),
    )


@bp.post("/for/<uuid:acting_id>/requests")
@scope.member_required
@confirmation_required
def make_request_for(acting_id: UUID) -> Response:
    """Receive the request; it stands in both footprints, and the member is told."""
    by, kind = _asker(acting_id), request_pages.kind_asked()
    recipient = request.form.get("recipient", CITY)
    if recipient not in request_pages.recipients(by.member_id):
        raise NotFound("request.not_found")
    wish = Wish(
        kind=kind,
        recipient=recipient,
        words=request.form.get("words", ""),
        language=pages.language(),
        acr=request_pages.acr_of_visitor(),
        filed_by=by.by,
    )
    try:
        made = _make(by, wish)
    except Refused as refused:
        if refused.code != WORDS_MISSING:
            raise
        return _again(_form(by, kind, _title(refused)))
    _noted(by, Kind.PROXY_REQUESTED, made)
    return redirect(_address(by)(made.reference), 303)


def _make(by: Acting, wish: Wish) -> SubjectRequest:
    return request_making.make(
        scope.db(),
        wish,
        member_id=by.member_id,
        keyring=scope.rooms().keyring,
        now=scope.now(),
        by=by,
    )


def _title(refused: Refused) -> str:
    return refusal(refused.code).title.text(pages.language())


def _again(page: str) -> Response:
    return Response(page, 422, mimetype="text/html")


def _noted(by: Acting, own: Kind, row: SubjectRequest) -> None:
    """Put it in the visitor's own footprint too, and write to the member."""
    request_making.record(scope.db(), own, row, now=scope.now(), by=by, whose=by.by)
    proxy_acts.tell(by, Mail.PROXY_ACTED, language=pages.language())


@bp.get("/for/<uuid:acting_id>/requests/<reference>")
@scope.member_required
@confirmation_required
def request_for(acting_id: UUID, reference: str) -> str:
    """Show how far a request of the visitor's has come."""
    by = _asker(acting_id)
    return _page(by, _made(by, reference))


def _made(by: Acting, reference: str) -> SubjectRequest:
    return requests.get(scope.db(), reference, member_id=by.member_id, filed_by=by.by)


def _page(by: Acting, row: SubjectRequest, error: str = "") -> str:
    return pages.page(
        "account/request.html",
        **request_pages.page_of(row, _address(by)),
        whose=name(by.member_id),
        answer_url=url_for("guardians.answer_for", acting_id=by.id, reference=row.reference),
        withdraw_url="",
        back=url_for("guardians.requests_for", acting_id=by.id),
        errors=[("words", error)] if error else [],
        flashes=[],
    )


@bp.post("/for/<uuid:acting_id>/requests/<reference>/answer")
@scope.member_required
@confirmation_required
def answer_for(acting_id: UUID, reference: str) -> Response:
    """Take the visitor's answer to our question about a request of theirs."""
    by = _asker(acting_id)
    row = _made(by, reference)
    desk = Desk(session=scope.db(), keyring=scope.rooms().keyring, now=scope.now())
    try:
        desk.answer(row, request.form.get("words", ""))
    except Refused as refused:
        if refused.code != WORDS_MISSING:
            raise
        return _again(_page(by, row, _title(refused)))
    request_making.record(scope.db(), Kind.REQUEST_ANSWERED, row, now=scope.now(), by=by)
    _noted(by, Kind.PROXY_REPLIED, row)
    return redirect(_address(by)(row.reference), 303)
