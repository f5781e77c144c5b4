"""我的請求: the five rights nobody can waive, and petitions; to make, to follow, to take back."""

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import reading
from audit.lines import Kind
from consent import ledger
from consent.catalogue import BY_NAME
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from members import requests
from members.models import CITY, RequestKind, SubjectRequest
from members.requests import Desk, Wish
from web import csrf, footprint_words, pages, request_making, scope
from web.request_pages import (
    acr_of_visitor,
    cards_of,
    form_of,
    kind_asked,
    page_of,
    recipients,
    rights,
)

bp = Blueprint("requests", __name__, url_prefix="/account/requests")


bp.before_request(csrf.only_our_forms)


@bp.get("")
@scope.member_required
def index() -> str:
    """List the member's requests, and the rights there are."""
    listed = requests.listed(scope.db(), scope.member_id())
    cards = cards_of(listed, _address)
    return pages.page(
        "account/requests.html",
        open_ones=[card for card, row in zip(cards, listed, strict=True) if not row.closed_at],
        closed=[card for card, row in zip(cards, listed, strict=True) if row.closed_at],
        rights=rights(lambda kind: url_for("requests.new", kind=kind)),
    )


def _address(reference: str) -> str:
    return url_for("requests.one", reference=reference)


# Making one


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a form is about before it is filled in: found by a line, a consent or a claim."""

    recipient: str = ""  # empty: to be chosen
    about: str = ""
    claims: tuple[str, ...] = ()
    purpose_id: UUID | None = None


@bp.get("/new")
@scope.member_required
def new() -> str:
    """Show the form of one kind of request, filled in as far as the way here says."""
    return _form(kind_asked(), _subject())


def _subject() -> Subject:
    line, purpose = _id("line"), _id("purpose")
    if line is not None:
        return _of_line(line)
    if purpose is not None:
        return _of_purpose(purpose)
    claim = request.values.get("claim", "")
    if claim in BY_NAME:
        return Subject(recipient=CITY, about=claim, claims=(claim,))
    return Subject()


def _id(name: str) -> UUID | None:
    try:
        return UUID(request.values.get(name, ""))
    except ValueError:
        return None


def _of_line(line_id: UUID) -> Subject:
    line = reading.get(scope.db(), scope.member_id(), line_id).line
    is_petition = kind_asked() is RequestKind.PETITION
    # A petition goes to the city, which forwards it to the competent agency (APA 172).
    recipient = CITY if is_petition or line.client_id is None else str(line.client_id)
    about = str(line.id if is_petition else line.purpose_id or line.id)
    return Subject(recipient=recipient, about=about, claims=line.claims, purpose_id=line.purpose_id)


def _of_purpose(purpose_id: UUID) -> Subject:
    given = [
        each
        for each in ledger.listed(scope.db(), member_id=scope.member_id())
        if each.purpose_id == purpose_id
    ]
    if not given:
        raise NotFound("request.not_found")
    return Subject(
        recipient=str(given[0].client_id),
        about=str(purpose_id),
        claims=tuple({each.claim for each in given}),
        purpose_id=purpose_id,
    )


def _form(kind: RequestKind, subject: Subject, error: str = "") -> str:
    known = recipients(scope.member_id())
    return pages.page(
        "account/request_new.html",
        **form_of(kind, known, error),
        whose="",
        fixed_recipient=known.get(subject.recipient, ""),
        data=footprint_words.claims(subject.claims, pages.language()) if subject.claims else "",
        kept={name: request.values.get(name, "") for name in ("line", "purpose", "claim")},
        action=url_for("requests.make"),
        back=url_for("requests.index"),
    )


@bp.post("")
@scope.member_required
def make() -> Response | str:
    """Receive the request and lead to its page."""
    kind, subject = kind_asked(), _subject()
    recipient = subject.recipient or request.form.get("recipient", CITY)
    if recipient not in recipients(scope.member_id()):
        raise NotFound("request.not_found")
    wish = Wish(
        kind=kind,
        recipient=recipient,
        about=subject.about,
        claims=subject.claims,
        purpose_id=subject.purpose_id,
        words=request.form.get("words", ""),
        language=pages.language(),
        acr=acr_of_visitor(),
    )
    try:
        made = request_making.make(
            scope.db(),
            wish,
            member_id=scope.member_id(),
            keyring=scope.rooms().keyring,
            now=scope.now(),
        )
    except Refused as refused:
        if refused.code != "request.words_missing":
            raise
        title = refusal(refused.code).title.text(pages.language())
        return Response(_form(kind, subject, title), 422, mimetype="text/html")
    return redirect(url_for("requests.one", reference=made.reference, done="made"), 303)


# Following one


@bp.get("/<reference>")
@scope.member_required
def one(reference: str) -> str:
    """Show how far a request has come, by when it is answered, and what was written."""
    return _page(requests.get(scope.db(), reference, member_id=scope.member_id()))


def _page(row: SubjectRequest, error: str = "") -> str:
    return pages.page(
        "account/request.html",
        **page_of(row, _address),
        whose="",
        answer_url=url_for("requests.answer", reference=row.reference),
        withdraw_url=url_for("requests.withdraw", reference=row.reference),
        back=url_for("requests.index"),
        errors=[("words", error)] if error else [],
        flashes=_done(),
    )


def _done() -> list[str]:
    return pages.just_done(
        {
            "made": pages.say("收到了。請記下編號，期限前會答覆您。"),
            "answered": pages.say("收到您的補充，期限繼續計算。"),
            "withdrawn": pages.say("已撤回這件要求。"),
        }
    )


def _desk() -> Desk:
    return Desk(session=scope.db(), keyring=scope.rooms().keyring, now=scope.now())


@bp.post("/<reference>/answer")
@scope.member_required
def answer(reference: str) -> Response:
    """Take the member's answer to our question."""
    row = requests.get(scope.db(), reference, member_id=scope.member_id())
    try:
        _desk().answer(row, request.form.get("words", ""))
    except Refused as refused:
        if refused.code != "request.words_missing":
            raise
        title = refusal(refused.code).title.text(pages.language())
        return Response(_page(row, title), 422, mimetype="text/html")
    return redirect(url_for("requests.one", reference=row.reference, done="answered"), 303)


@bp.post("/<reference>/withdraw")
@scope.member_required
def withdraw(reference: str) -> Response:
    """Take a request back; nothing is lost by it, it can be made again."""
    row = requests.get(scope.db(), reference, member_id=scope.member_id())
    _desk().withdraw(row)
    request_making.record(scope.db(), Kind.REQUEST_WITHDRAWN, row, now=scope.now())
    return redirect(url_for("requests.one", reference=row.reference, done="withdrawn"), 303)
