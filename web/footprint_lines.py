"""Shape a page of the footprint: names for ids, repeated reads folded, one group a day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID

from flask import url_for

from audit.lines import Kind, Line
from audit.reading import Shown, Standing
from carriers import bindings
from clients import names
from clients.models import OrganisationKind
from clients.names import Named
from consent import ledger
from consent.rules import IDENTIFYING
from kernel import clock
from kernel.wording import Bilingual
from members.models import RequestKind
from web import dates, footprint_words, guardians, methods, pages, scope

TOGETHER = timedelta(hours=1)
DISOWNABLE = frozenset(
    {
        Kind.LOGGED_IN,
        Kind.LOGIN_FAILED,
        Kind.HANDED_OVER,
        Kind.SIGNED_IN,
        Kind.RELEASED,
        Kind.TILL_ANSWERED,
        Kind.CARD_USED,
        Kind.CARRIER_BOUND,
        Kind.ACCOUNT_OPENED,
        Kind.PASSWORD_CHANGED,
        Kind.RECOVERY_ASKED,
        Kind.ACCOUNT_TOLD,
        Kind.PASSWORD_RESET,
        Kind.RECORD_CHANGED,
        Kind.CHANGE_ASKED,
        Kind.CONSENT_GIVEN,
    }
)
WITHDRAWABLE = frozenset({Kind.RELEASED, Kind.CONSENT_GIVEN, Kind.CONSENT_APPROVED})
EXPLAINED = frozenset({Kind.VIEWED, Kind.RECORD_CORRECTED})  # with a reason somebody typed
TOLD_OTHERS = frozenset({Kind.RELEASED, Kind.TILL_ANSWERED})
ASKABLE: Mapping[str, Sequence[RequestKind]] = {
    Kind.RELEASED: (RequestKind.DELETE, RequestKind.STOP, RequestKind.PETITION),
    Kind.TILL_ANSWERED: (RequestKind.PETITION,),  # a till that was answered knows nobody
    Kind.VIEWED: (RequestKind.INQUIRE, RequestKind.PETITION),
}


@dataclass(kw_only=True)
class Entry:
    """One entry of the timeline: a line, or several reads of the same data within an hour."""

    newest: Line
    standing: Standing
    others: list[Line] = field(default_factory=list)

    def takes(self, shown: Shown) -> bool:
        """Say whether this line repeats the entry; if so, it is folded into it."""
        line = shown.line
        same = (
            line.kind == self.newest.kind == Kind.RELEASED
            and line.client_id == self.newest.client_id
            and line.purpose_id == self.newest.purpose_id
            and line.claims == self.newest.claims
            and self.newest.at - line.at <= TOGETHER
        )
        if same:
            self.others.append(line)
            self.standing = _worse(self.standing, shown.standing)
        return same


def _worse(one: Standing, other: Standing) -> Standing:
    order = (Standing.SOUND, Standing.WAITING, Standing.BROKEN)
    return max(one, other, key=order.index)


def folded(shown: Iterable[Shown]) -> list[Entry]:
    """Fold repeated reads into the newest of them; every one still is a line of its own."""
    entries: list[Entry] = []
    open_reads: dict[tuple[object, ...], Entry] = {}
    for each in shown:
        key = (each.line.kind, each.line.client_id, each.line.purpose_id, each.line.claims)
        earlier = open_reads.get(key)
        if earlier is None or not earlier.takes(each):
            open_reads[key] = Entry(newest=each.line, standing=each.standing)
            entries.append(open_reads[key])
    return entries


@dataclass(frozen=True)
class Right:
    """One thing a member can ask about a line, and where."""

    label: str
    url: str


@dataclass(frozen=True, kw_only=True)
class View:
    """An entry as the template shows it: words and addresses only."""

    id: UUID
    at: datetime
    actor: str
    kind: str | None  # agency, merchant, staff; None for the member
    action: str
    purpose: str
    browser: str
    facts: list[str]
    standing: str
    receipts: list[str]
    withdraw_url: str | None
    not_me_url: str | None
    rights: list[Right]


@dataclass(frozen=True)
class Day:
    """One day in Taipei and what happened on it."""

    on: date
    entries: Sequence[View]


class Names:
    """The names of everything a few lines mention, looked up in three statements or four."""

    def __init__(
        self,
        lines: Sequence[Line],
        client_ids: Iterable[UUID] = (),
        *,
        member_id: UUID | None = None,
    ) -> None:
        """Look up what `lines` mention, and these clients; `member_id` if not the visitor's."""
        whose = member_id or scope.member_id()
        self.is_own = whose == scope.member_id()
        mentioned = {line.client_id for line in lines if line.client_id}
        purposes = {line.purpose_id for line in lines if line.purpose_id}
        self.clients: dict[UUID, Named] = names.of_clients(scope.db(), mentioned | {*client_ids})
        self._purposes = names.of_purposes(scope.db(), purposes)
        self._live = ledger.live_purposes(scope.db(), member_id=whose, now=scope.now())
        shown = any(line.detail.get("carrier") for line in lines)
        self._carriers = bindings.names_of(scope.db(), whose) if shown else {}

        keyring = scope.rooms().keyring
        self.people = guardians.people_in(scope.db(), lines, keyring=keyring)

    def carrier(self, line: Line) -> str:
        """Return what the member calls the carrier of a line, empty if there is none."""
        return next(
            (
                name
                for key, name in self._carriers.items()
                if str(key) == line.detail.get("carrier")
            ),
            "",
        )

    def client(self, line: Line) -> Named | None:
        """Return the client of a line."""
        return None if line.client_id is None else self.clients.get(line.client_id)

    def client_name(self, line: Line) -> Bilingual | None:
        """Return what the client of a line is called."""
        client = self.client(line)
        return None if client is None else client.name

    def purpose(self, line: Line) -> str:
        """Return what the purpose of a line is called, empty if there is none."""
        found = self._purposes.get(line.purpose_id) if line.purpose_id else None
        return "" if found is None else found.text(pages.language())

    def is_live(self, line: Line) -> bool:
        """Say whether the consent behind a line is still in force."""
        return line.purpose_id in self._live


def days(shown: Sequence[Shown], known: Names) -> list[Day]:
    """Return the page's entries by day, the newest first."""
    views = [view(entry, known) for entry in folded(shown)]
    by_day = groupby(views, key=lambda each: clock.taipei_day(each.at))
    return [Day(on, list(entries)) for on, entries in by_day]


def view(entry: Entry, known: Names) -> View:
    """Return an entry in words."""
    line, language = entry.newest, pages.language()
    client = known.client(line)
    return View(
        id=line.id,
        at=line.at,
        actor=footprint_words.actor(
            line, client=known.client_name(line), language=language, people=known.people
        ),
        kind=_kind(line, client),
        action=footprint_words.action(
            line, client=known.client_name(line), language=language, people=known.people
        ),
        purpose=known.purpose(line),
        browser=line.detail.get("browser", ""),
        facts=_facts(entry, known.purpose(line), known.carrier(line)),
        standing=entry.standing.value,
        receipts=list(line.basis),
        withdraw_url=_withdraw_url(line, known),
        not_me_url=_not_me_url(line),
        rights=_rights(line, client),
    )


def _rights(line: Line, client: Named | None) -> list[Right]:
    """Return what can be asked about data others got or saw: of them, or of the city."""
    is_merchant = client is not None and client.kind == OrganisationKind.MERCHANT
    names_nobody = is_merchant and IDENTIFYING.isdisjoint(line.claims)
    kind = Kind.TILL_ANSWERED if line.kind == Kind.RELEASED and names_nobody else line.kind
    words = {
        RequestKind.DELETE: pages.say("要求刪除"),
        RequestKind.STOP: pages.say("要求停止使用"),
        RequestKind.PETITION: pages.say("陳情"),
        RequestKind.INQUIRE: pages.say("查詢"),
    }
    return [
        Right(words[right], url_for("requests.new", kind=right.value, line=line.id))
        for right in ASKABLE.get(kind, ())
    ]


def _facts(entry: Entry, purpose: str, carrier: str) -> list[str]:
    """Return what else there is to say, a short sentence each."""
    line, detail, language = entry.newest, entry.newest.detail, pages.language()
    refused = footprint_words.claims(detail["refused"], language) if detail.get("refused") else ""
    method = footprint_words.method(detail.get("method"), language) or _plug_in(detail)
    reason = detail.get("reason", "") if line.kind in EXPLAINED else ""
    said = {
        _repeated(entry): bool(entry.others),
        pages.say("不提供：%(claims)s", claims=refused): bool(refused),
        pages.say("用途：%(purpose)s", purpose=purpose): bool(purpose),
        pages.say("單號：%(receipt)s", receipt=detail.get("receipt")): bool(detail.get("receipt")),
        pages.say("依據：案件 %(case)s", case=detail.get("case")): bool(detail.get("case")),
        pages.say("理由：%(reason)s", reason=reason): bool(reason),
        str(detail.get("browser")): bool(detail.get("browser")),
        method: bool(method),
        carrier: bool(carrier),
    }
    return [sentence for sentence, is_said in said.items() if is_said]


def _plug_in(detail: Mapping[str, object]) -> str:
    """Return what a way of signing in that footprints have no word for calls itself."""
    return methods.label(str(detail.get("method", "")))


def _repeated(entry: Entry) -> str:
    first = (entry.others or [entry.newest])[-1]
    words = footprint_words.REPEATED.text(pages.language())
    return words % {"num": len(entry.others), "time": dates.clock_words(first.at)}


def _kind(line: Line, client: Named | None) -> str | None:
    if line.kind == Kind.VIEWED:
        return "staff"
    return client.kind if client is not None and line.kind in TOLD_OTHERS else None


def _not_me_url(line: Line) -> str | None:
    if line.kind in DISOWNABLE:
        return url_for("footprint.not_me", line_id=line.id)
    return None


def _withdraw_url(line: Line, known: Names) -> str | None:
    if line.kind not in WITHDRAWABLE or not known.is_live(line):
        return None
    return url_for("account.withdraw_page", purpose_id=line.purpose_id)
