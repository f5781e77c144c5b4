"""Turn what an officer types into whom an incident may have touched: a client, a desk, a key."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from audit.incident_models import Reach
from audit.incidents import Terms
from clients import registry
from counters import register as counters
from idp import keys
from kernel.errors import NotFound, Refused
from kernel.settings import Incidents
from kernel.wording import Bilingual
from members import register
from web import audit_scopes


class Thread(StrEnum):
    """What leads to the people touched."""

    CLIENT = "client"
    COUNTER = "counter"
    OFFICER = "officer"
    KEY = "key"


THREADS = {
    Thread.CLIENT: Bilingual("網站（client_id）", "A site (client_id)"),
    Thread.COUNTER: Bilingual("申辦窗口（代碼）", "A counter (code)"),
    Thread.OFFICER: Bilingual("人員（帳號）", "Somebody of the city (account name)"),
    Thread.KEY: Bilingual("簽章金鑰（kid）", "A signing key (kid)"),
}


@dataclass(frozen=True)
class Aim:
    """By which thread, from which of them, in which time."""

    reach: Reach
    keys: frozenset[UUID]
    since: datetime
    until: datetime


def terms(settings: Incidents) -> Terms:
    """Return how soon the law wants to hear of an incident, as the settings say."""
    return Terms(
        report=timedelta(hours=settings.report_hours),
        alarm=timedelta(hours=settings.alarm_hours),
        notify=timedelta(hours=settings.notify_hours),
    )


def aim(session: Session, thread: str, name: str, *, since: datetime, until: datetime) -> Aim:
    """Return what is looked for; of a key only the time in which it was believed.

    Raises Refused `incident.incomplete` for what there is not.
    """
    try:
        found = Thread(thread)
        if found is Thread.KEY:
            return _of_key(session, name, since=since, until=until)
        if found is Thread.CLIENT:
            return Aim(Reach.CLIENTS, frozenset({registry.get(session, name).id}), since, until)
        return Aim(Reach.ACTORS, _people(session, found, name), since, until)
    except (ValueError, NotFound):
        raise Refused("incident.incomplete") from None


def _people(session: Session, thread: Thread, name: str) -> frozenset[UUID]:
    if thread is Thread.OFFICER:
        member = register.find_by_login(session, name)
        return frozenset() if member is None else frozenset({member.id})
    counter = counters.get(session, name)
    return audit_scopes.of(session, counter.organisation_id, counter.id).actors


def _of_key(session: Session, kid: str, *, since: datetime, until: datetime) -> Aim:
    span = keys.span(session, kid)
    if span is None:
        raise Refused("incident.incomplete")
    began, ended = span
    ends = until if ended is None else min(until, ended)
    return Aim(Reach.EVERYBODY, frozenset(), max(since, began), ends)
