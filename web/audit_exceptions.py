"""The auditor's reports of what is out of the ordinary: looks, proxies, refusals, nights (9)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from audit import exceptions, views
from clients.officer_models import Role
from kernel import calendar
from kernel.ids import readable
from kernel.keyring import keyed_hash
from kernel.refusals import refusal
from kernel.wording import Bilingual
from members import proxies
from members.models import Member
from web import consoles, scope
from web.audit_pages import bp, staff_required
from web.reading_apart import read_apart

INDEX = "audits.exceptions_"
BACK = timedelta(days=30)
MOST = 100
MANY_PRINCIPALS = 3


@dataclass(frozen=True)
class Seen:
    """One look without a case: when, by which officer, for which typed reason."""

    at: datetime
    officer: str
    reason: str


@bp.get("/exceptions")
@staff_required
@read_apart
def exceptions_() -> str:
    """Show a month of what an auditor should ask about."""
    session, now = scope.db(), scope.now()
    since = now - BACK
    counted = views.by_officer(session, since=since)
    unfounded = views.exceptions(session, since=since, most=MOST)
    nights = exceptions.out_of_hours(
        session, exceptions.closed_hours(calendar.load(session), since=since, until=now)
    )
    refused = exceptions.noted(session, exceptions.REFUSED, since=since, most=MOST)
    letters = exceptions.noted(session, exceptions.MANY_PRINCIPALS, since=since, most=MOST)
    names = _logins(
        {each.actor for each in letters}
        | {each.actor for each in counted}
        | {each.actor for each in refused}
        | {who for who, _ in nights}
    )
    return consoles.page(
        "audit/exceptions.html",
        current=INDEX,
        counted=[(names[each.actor], each.without_case, each.times) for each in counted],
        unusual=[(names[each.actor], each.times) for each in exceptions.unusual(counted)],
        nights=[(names[who], times) for who, times in nights],
        unfounded=[Seen(each.at, names[each.actor], each.reason) for each in unfounded],
        refused=[
            (each.at, names[each.actor], refusal(str(each.detail["code"])).title)
            for each in refused
        ],
        proxies=[
            (_pseudonym(proxy), number)
            for proxy, number in proxies.with_many(session, MANY_PRINCIPALS, now=now)
        ],
        letters=[
            (names[each.actor], each.at, int(each.detail.get("count", 0))) for each in letters
        ],
        days=BACK.days,
    )


def _logins(people: set[UUID | None]) -> dict[UUID | None, str]:
    """Return the account names people of the city work under."""
    rows = scope.db().execute(
        select(Member.id, Member.login).where(Member.id.in_([each for each in people if each]))
    )
    return dict.fromkeys(people, "–") | {row.id: row.login for row in rows}


def _pseudonym(person: UUID) -> str:
    key = scope.rooms().keyring.derive("audit-pseudonyms/v1")
    return readable(keyed_hash(key, "exceptions", str(person))[:5])


consoles.register_menu(
    INDEX, Bilingual("例外報表", "Exceptions"), icon="list", roles=[Role.AUDITOR]
)
