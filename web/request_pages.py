"""Shape requests about data for the pages of who makes them: the member, or their proxy."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeAlias
from uuid import UUID

from flask import request

from clients import names
from clients.names import Named
from kernel import calendar
from kernel.calendar import Calendar
from kernel.clock import taipei_day
from kernel.errors import NotFound
from members import register, requests
from members.clocks import TERMS
from members.letters import Author, Letter
from members.models import CITY, Outcome, RequestKind, RequestState, SubjectRequest
from members.requests import OPEN
from web import footprint_words, guardians, pages, request_making, request_words, scope

APPEAL_DAYS = 30  # Administrative Appeal Act 14
Address: TypeAlias = Callable[[str], str]  # of a page, by a reference number or a kind


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
    filed_by: str  # the name of the proxy who made it; empty if the member did
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


@dataclass(frozen=True)
class _Known:
    """What a few cards are made from: clients, proxies by name, the city's days."""

    clients: Mapping[UUID, Named]
    proxies: Mapping[UUID, str]
    days: Calendar


def cards_of(rows: Sequence[SubjectRequest], address: Address) -> list[Card]:
    """Return what the pages show of these requests; `address` leads to the page of one."""
    session, keyring = scope.db(), scope.rooms().keyring
    known = _Known(
        names.of_clients(session, {row.client_id for row in rows if row.client_id}),
        guardians.names_of(
            session, {row.filed_by for row in rows if row.filed_by}, keyring=keyring
        ),
        calendar.load(session),
    )
    return [_card(row, known, address) for row in rows]


def _card(row: SubjectRequest, known: _Known, address: Address) -> Card:
    language = pages.language()
    client = known.clients.get(row.client_id) if row.client_id else None
    word, shape = request_words.state(row.state, row.outcome)
    due = requests.due(row, known.days)
    return Card(
        reference=row.reference,
        url=address(row.reference),
        kind=request_words.KINDS[row.kind].text(language),
        filed_by=known.proxies.get(row.filed_by, "") if row.filed_by else "",
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


def rights(address: Address) -> list[tuple[str, str, str]]:
    """Return the rights there are: name, explanation, and where each form is."""
    language = pages.language()
    return [
        (
            words.text(language),
            request_words.EXPLAINED[kind].text(language),
            address(kind.value),
        )
        for kind, words in request_words.KINDS.items()
    ]


def kind_asked() -> RequestKind:
    """Return the kind a form is about. Raises NotFound."""
    try:
        return RequestKind(request.values.get("kind", ""))
    except ValueError:
        raise NotFound("request.not_found") from None


def acr_of_visitor() -> str:
    """Return how who makes a request was identified."""
    visitor = scope.visitor()
    return "" if visitor is None else visitor.acr


def recipients(member_id: UUID) -> dict[str, str]:
    """Return whom a request about the member can be addressed to, by name."""
    language = pages.language()
    known = request_making.recipients(scope.db(), member_id)
    found = {str(key): named.name.text(language) for key, named in known.items()}
    return {CITY: request_words.THE_CITY.text(language), **found}


def form_of(kind: RequestKind, known: Mapping[str, str], error: str) -> dict[str, Any]:
    """Return what the form of a kind shows, whoever fills it in."""
    language = pages.language()
    return {
        "kind": kind.value,
        "heading": request_words.KINDS[kind].text(language),
        "explanation": request_words.EXPLAINED[kind].text(language),
        "recipients": [
            Choice(value, label, chosen=request.values.get("recipient") == value)
            for value, label in known.items()
        ],
        "words": request.form.get("words", ""),
        "words_needed": kind in requests.WITH_WORDS,
        "term": _term(kind),
        "errors": [("words", error)] if error else [],
    }


def _term(kind: RequestKind) -> str:
    term = TERMS[kind]
    return pages.say(
        "法定期限是 %(days)s 個工作日，必要時可以再延長 %(more)s 個工作日，並書面告訴您理由。",
        days=term.days,
        more=term.extension,
    )


def page_of(row: SubjectRequest, address: Address) -> dict[str, Any]:
    """Return what the page of one request shows, whoever follows it."""
    (card,) = cards_of([row], address)
    member = register.get(scope.db(), row.member_id)
    letters = requests.letters(row, member, keyring=scope.rooms().keyring)
    return {
        "card": card,
        "letters": [_said(each) for each in letters if each.words],
        "is_city": row.recipient == CITY,
        "appeal_days": APPEAL_DAYS,
    }


def _said(letter: Letter) -> Said:
    return Said(
        at=datetime.fromisoformat(letter.at),
        by_member=letter.by is Author.MEMBER,
        occasion=request_words.OCCASIONS[letter.occasion].text(pages.language()),
        words=letter.words,
    )
