"""我的請求: the five rights nobody can waive, and petitions; to make, to follow, to take back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from audit import reading
from audit.lines import Kind
from clients import names
from consent import ledger
from consent.catalogue import BY_NAME
from kernel import calendar
from kernel.calendar import Calendar
from kernel.clock import taipei_day
from kernel.errors import NotFound, Refused
from kernel.refusals import refusal
from kernel.wording import Bilingual
from members import register, requests
from members.clocks import TERMS
from members.letters import Author, Letter
from members.models import CITY, Outcome, RequestKind, RequestState, SubjectRequest
from members.requests import OPEN, Desk, Wish
from web import csrf, footprint_words, pages, request_making, request_words, scope

bp = Blueprint("requests", __name__, url_prefix="/account/requests")
APPEAL_DAYS = 30  # Administrative Appeal Act 14


@bp.before_request
def _only_our_forms() -> None:
    if request.method == "POST":
        csrf.require()


@dataclass(frozen=True)
class Choice:
    """One thing to choose."""

    value: str
    label: str
    detail: str = ""
    chosen: bool = False


@dataclass(frozen=True, kw_only=True)
class Card:
    """A request as the pages show it."""

    reference: str
    url: str
    kind: str
    recipient: str
    data: str
    state: str
    shape: str
    received_at: datetime
    due: date | None
    days_left: int
    is_waiting: bool
    is_extended: bool
    outcome: str
    may_appeal: bool
    may_withdraw: bool


@dataclass(frozen=True, kw_only=True)
class Said:
    """One letter of a request."""

    at: datetime
    by_member: bool
    occasion: str
    words: str


@bp.get("")
@scope.member_required
def index() -> str:
    """List the member's requests, and the rights there are."""
    listed = requests.listed(scope.db(), scope.member_id())
    cards = cards_of(listed)
    language = pages.language()
    return pages.page(
        "account/requests.html",
        open_ones=[card for card, row in zip(cards, listed, strict=True) if not row.closed_at],
        closed=[card for card, row in zip(cards, listed, strict=True) if row.closed_at],
        rights=[
            (
                words.text(language),
                request_words.EXPLAINED[kind].text(language),
                url_for("requests.new", kind=kind.value),
            )
            for kind, words in request_words.KINDS.items()
        ],
    )


def cards_of(rows: Sequence[SubjectRequest]) -> list[Card]:
    """Return what the pages show of these requests."""
    known = names.of_clients(scope.db(), {row.client_id for row in rows if row.client_id})
    days = calendar.load(scope.db())
    return [_card(row, known, days) for row in rows]


def _card(row: SubjectRequest, known: dict[UUID, names.Named], days: Calendar) -> Card:
    language = pages.language()
    client = known.get(row.client_id) if row.client_id else None
    word, shape = request_words.state(row.state, row.outcome)
    due = requests.due(row, days)
    return Card(
        reference=row.reference,
        url=url_for("requests.one", reference=row.reference),
        kind=request_words.KINDS[row.kind].text(language),
        recipient=(client.name if client else request_words.THE_CITY).text(language),
        data=footprint_words.claims(row.claims, language) if row.claims else "",
        state=word.text(language),
        shape=shape,
        received_at=row.received_at,
        due=due,
        days_left=0 if due is None else max(0, (due - taipei_day(scope.now())).days),
        is_waiting=row.state is RequestState.WAITING,
        is_extended=row.extended_at is not None,
        outcome="" if row.outcome is None else request_words.OUTCOMES[row.outcome].text(language),
        may_appeal=row.outcome in {Outcome.REFUSED, Outcome.PARTLY},
        may_withdraw=row.state in OPEN,
    )


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
    return _form(_kind(), _subject())


def _kind() -> RequestKind:
    try:
        return RequestKind(request.values.get("kind", ""))
    except ValueError:
        raise NotFound("request.not_found") from None


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
    is_petition = _kind() is RequestKind.PETITION
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
    language = pages.language()
    known = _recipients()
    return pages.page(
        "account/request_new.html",
        kind=kind.value,
        heading=request_words.KINDS[kind].text(language),
        explanation=request_words.EXPLAINED[kind].text(language),
        fixed_recipient=known.get(subject.recipient, ""),
        data=footprint_words.claims(subject.claims, language) if subject.claims else "",
        recipients=[
            Choice(value, label, chosen=request.values.get("recipient") == value)
            for value, label in known.items()
        ],
        kept={name: request.values.get(name, "") for name in ("line", "purpose", "claim")},
        words=request.form.get("words", ""),
        words_needed=kind in requests.WITH_WORDS,
        term=_term(kind),
        errors=[("words", error)] if error else [],
        action=url_for("requests.make"),
    )


def _term(kind: RequestKind) -> str:
    term = TERMS[kind]
    return pages.say(
        "法定期限是 %(days)s 個工作日，必要時可以再延長 %(more)s 個工作日，並書面告訴您理由。",
        days=term.days,
        more=term.extension,
    )


def _recipients() -> dict[str, str]:
    language = pages.language()
    known = request_making.recipients(scope.db(), scope.member_id())
    found = {str(key): named.name.text(language) for key, named in known.items()}
    return {CITY: request_words.THE_CITY.text(language), **found}


@bp.post("")
@scope.member_required
def make() -> Response | str:
    """Receive the request and lead to its page."""
    kind, subject = _kind(), _subject()
    recipient = subject.recipient or request.form.get("recipient", CITY)
    if recipient not in _recipients():
        raise NotFound("request.not_found")
    wish = Wish(
        kind=kind,
        recipient=recipient,
        about=subject.about,
        claims=subject.claims,
        purpose_id=subject.purpose_id,
        words=request.form.get("words", ""),
        language=pages.language(),
        acr=_acr(),
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


def _acr() -> str:
    visitor = scope.visitor()
    return "" if visitor is None else visitor.acr


# Following one


@bp.get("/<reference>")
@scope.member_required
def one(reference: str) -> str:
    """Show how far a request has come, by when it is answered, and what was written."""
    return _page(requests.get(scope.db(), reference, member_id=scope.member_id()))


def _page(row: SubjectRequest, error: str = "") -> str:
    (card,) = cards_of([row])
    member = register.get(scope.db(), row.member_id)
    letters = requests.letters(row, member, keyring=scope.rooms().keyring)
    return pages.page(
        "account/request.html",
        card=card,
        letters=[_said(each) for each in letters if each.words],
        is_city=row.recipient == CITY,
        appeal_days=APPEAL_DAYS,
        answer_url=url_for("requests.answer", reference=row.reference),
        withdraw_url=url_for("requests.withdraw", reference=row.reference),
        errors=[("words", error)] if error else [],
        flashes=_done(),
    )


def _said(letter: Letter) -> Said:
    occasion: Bilingual = request_words.OCCASIONS[letter.occasion]
    return Said(
        at=datetime.fromisoformat(letter.at),
        by_member=letter.by is Author.MEMBER,
        occasion=occasion.text(pages.language()),
        words=letter.words,
    )


def _done() -> list[str]:
    words = {
        "made": pages.say("收到了。請記下編號，期限前會答覆您。"),
        "answered": pages.say("收到您的補充，期限繼續計算。"),
        "withdrawn": pages.say("已撤回這件要求。"),
    }
    said = words.get(request.args.get("done", ""))
    return [said] if said else []


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
